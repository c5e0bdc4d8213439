import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { branchline } from '../support/launched-server.ts';

export type Role = 'hub' | 'spare' | 'branch';

export interface VictimOptions {
  readonly name: string;
  readonly role: Role;
  readonly config: string;
  /** A program that runs its arguments on another machine; on this one when absent. */
  readonly on?: string;
  /** Everything it says, over all its lives. */
  readonly logFile: string;
  /** More for its environment, asked at each start. */
  readonly env: () => Readonly<Record<string, string>>;
  /** A line of its log. */
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
}

const compiled = new URL('../../node_modules/.cache/compiled', import.meta.url).pathname;

/** One server that is killed and started again and again, as a service manager would. */
export class Victim {
  readonly name: string;
  readonly role: Role;
  readonly #options: VictimOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #ready = false;
  #last: string[] = [];
  /** Why it ended without being told to; it must not. */
  readonly deaths: string[] = [];
  kills = 0;

  constructor(options: VictimOptions) {
    this.name = options.name;
    this.role = options.role;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Of the process that runs; each life has another one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { on, config } = this.#options;
    const words = ['serve', '--config', config];
    const [program, args] = on === undefined ? [branchline, words] : [on, [branchline, ...words]];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...this.#options.env() },
    });
    this.#child = child;
    this.#last = [];
    const orphaned = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', orphaned);
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#remember(text);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#remember(`${line}\n`);
        this.#take(line);
      }
    });
    child.once('exit', (code, signal) => {
      process.off('exit', orphaned);
      this.#ready = false;
      this.#child = undefined;
      this.#log.write(`--- ended: ${signal ?? code ?? 'unknown'}\n`);
      // A full disk, say: it is started again, and the oracle judges.
      if (signal === null && code !== 0) {
        this.deaths.push(`exit ${code ?? 'unknown'}: ${this.#last.slice(-3).join('')}`);
      }
    });
  }

  /** kill -9, at once; resolves when it is gone. False when there was nothing to kill. */
  async kill(): Promise<boolean> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return false;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    this.kills += 1;
    await ended;
    return true;
  }

  /** It hangs until it is told to go on, or is killed. */
  hang(): void {
    this.#child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child?.kill('SIGCONT');
  }

  /** SIGTERM. The exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return 0;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    return child.exitCode;
  }

  async becomesReady(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    while (!this.#ready && performance.now() < until) await sleep(20);
    return this.#ready;
  }

  #remember(text: string): void {
    this.#log.write(text);
    this.#last.push(text);
    if (this.#last.length > 10) this.#last.shift();
  }

  #take(line: string): void {
    try {
      const parsed: unknown = JSON.parse(line);
      if (typeof parsed !== 'object' || parsed === null) return;
      const entry: Readonly<Record<string, unknown>> = { ...parsed };
      if (entry['msg'] === 'ready') this.#ready = true;
      this.#options.onLine(entry);
    } catch {
      // The last line of one that was killed while it wrote.
    }
  }
}
