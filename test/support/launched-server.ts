import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const branchline = fileURLToPath(new URL('../../bin/branchline', import.meta.url));

/** Compiled code is kept for the next start: tests start a hundred of these. */
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url)),
};

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface LaunchOptions {
  /** A program that runs its arguments elsewhere. */
  readonly on?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One `branchline serve`, or another program that logs `ready`, in a process of its own. */
export class LaunchedServer {
  readonly #process: ChildProcess;
  readonly #lines: LogLine[] = [];
  readonly #watchers = new Set<() => void>();

  protected constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Resolves once it has logged `ready`; rejects with all it said when it ends before. */
  static async launch(
    config: string,
    program = 'serve',
    more: LaunchOptions = {},
  ): Promise<LaunchedServer> {
    const { args = [], env, on } = more;
    const words = [program, '--config', config, ...args];
    if (on === undefined) return await LaunchedServer.run(branchline, words, env);
    return await LaunchedServer.run(on, [branchline, ...words], env);
  }

  /** As `launch`, for any program that logs as a server does; `more` joins its environment. */
  static async run(
    program: string,
    words: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): Promise<LaunchedServer> {
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ...more },
    });
    const server = new LaunchedServer(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    let rest = '';
    // Not by readline, which also splits at U+2028: a telephone may send that, and JSON need not escape it.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) server.#take(line);
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(
        `${program} ended before it was ready: ${said}${JSON.stringify(server.#lines)}`,
      );
    });
    await Promise.race([server.logged(({ msg }) => msg === 'ready'), ended]);
    ended.catch(() => undefined);
    return server;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Everything it has logged so far. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The first line, past or future, that `wanted` says yes to. */
  async logged(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.#lines.find(wanted);
      if (found !== undefined) return found;
      const more = Promise.withResolvers<undefined>();
      const watcher = (): void => {
        more.resolve(undefined);
      };
      this.#watchers.add(watcher);
      await more.promise;
      this.#watchers.delete(watcher);
    }
  }

  /** kill -9, and wait until it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; returns the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill(signal);
      await ended;
    }
    return this.#process.exitCode;
  }

  #take(line: string): void {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null) this.#lines.push({ ...parsed });
    for (const watcher of this.#watchers) watcher();
  }
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run one `branchline …` to its end. */
export async function command(...words: string[]): Promise<CommandResult> {
  const child = spawn(branchline, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}
