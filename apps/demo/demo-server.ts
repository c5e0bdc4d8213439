import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BranchlineError } from '#libs/errors';

/** The command as an operator calls it, in a checkout as in an installation. */
export const branchline = fileURLToPath(
  new URL('./bin/branchline', import.meta.resolve('#package')),
);

const readyMs = 20_000;
const stopMs = 6_000;

/** A server in a process of its own, as systemd would run it. */
export class DemoServer {
  readonly #process: ChildProcess;
  readonly #log: string[] = [];

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Resolves once every listener is bound. @throws BranchlineError with what the server said. */
  static async start(config: string): Promise<DemoServer> {
    const child = spawn(branchline, ['serve', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A Ctrl-C is for the demo: it stops its servers in order.
      detached: true,
    });
    const server = new DemoServer(child);
    const ready = Promise.withResolvers<undefined>();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        server.#remember(line);
        if (line.includes('"msg":"ready"')) ready.resolve(undefined);
      });
    }
    child.once('exit', (code) => {
      ready.reject(failed(`a server ended with exit code ${code ?? 'none'}`, server.#log));
    });
    child.once('error', ready.reject);
    const late = setTimeout(() => {
      ready.reject(failed('a server was not ready in time', server.#log));
    }, readyMs);
    try {
      await ready.promise;
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(late);
  }

  #remember(line: string): void {
    this.#log.push(line);
    if (this.#log.length > 20) this.#log.shift();
  }
}

const failed = (what: string, log: readonly string[]): BranchlineError =>
  new BranchlineError('LISTEN_FAILED', `${what}; it said:\n${log.join('\n')}`);

/** Run a command to its end; returns what it printed. @throws BranchlineError with what it said. */
export async function runCommand(...words: string[]): Promise<string> {
  const child = spawn(branchline, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'close');
  if (child.exitCode === 0) return out;
  throw new BranchlineError(
    'INTERNAL',
    `branchline ${words[0] ?? ''} ended with ${child.exitCode ?? 'a signal'}: ${said}`,
  );
}
