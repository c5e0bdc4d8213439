import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayBefore, type Backoff } from './backoff.ts';
import type { Service } from './service.ts';

export interface SupervisedProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Exit codes after which starting it again would change nothing. */
  readonly hopeless: readonly number[];
  /** Waits between starts after it has ended by itself; `tries` in a row, then the longest wait stays. */
  readonly backoff?: Backoff;
  /** Milliseconds after it was asked to end until it is killed. */
  readonly stopMs?: number;
  /** It is asked to end by closing a channel to it (`StopRequest`), in place of SIGTERM. Default: on Windows, which has no such signal. */
  readonly stopsWithChannel?: boolean;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

/** How a supervised process is. */
export interface ProcessLook {
  /** `waiting`: it has ended by itself and is started again after a while. `failed`: it is not. */
  readonly state: 'running' | 'waiting' | 'failed' | 'stopped';
  readonly pid: number | undefined;
  /** Unix milliseconds since when. */
  readonly since: number;
  /** How often it was started again because it had ended by itself. */
  readonly restarts: number;
  /** The last that it said on stderr, or how it ended; empty while nothing is wrong. */
  readonly reason: string;
}

const usual: Backoff = { tries: 8, firstMs: 500, maxMs: 60_000 };
/** After this long it counts as a good start. */
const goodMs = 60_000;
const maxSaid = 2_000;
const lastWordsMs = 500;

/** A program in a process of its own, started again when it ends by itself; its output is this program's output. */
export class SupervisedProcess implements Service {
  readonly name: string;
  readonly #options: Required<SupervisedProcessOptions>;
  #child: ChildProcess | undefined;
  #keeper: Promise<void> | undefined;
  #stopping = new AbortController();
  #look: ProcessLook;

  constructor(options: SupervisedProcessOptions) {
    this.name = options.name;
    const stopsWithChannel = process.platform === 'win32';
    this.#options = {
      ...{ backoff: usual, stopMs: 10_000, stopsWithChannel, now: Date.now },
      ...options,
    };
    this.#look = { state: 'stopped', pid: undefined, since: 0, restarts: 0, reason: '' };
  }

  look(): ProcessLook {
    return this.#look;
  }

  /** Does nothing while it runs; one that waits or has failed is tried at once. */
  async start(): Promise<void> {
    if (this.#look.state === 'running') return;
    await this.stop();
    this.#stopping = new AbortController();
    this.#look = { ...this.#look, restarts: 0 };
    this.#keeper = this.#keep(this.#stopping.signal);
  }

  /** Ask it to end, and kill it when that is not enough; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (this.#options.stopsWithChannel) disconnect(child);
    else child?.kill('SIGTERM');
    const late = setTimeout(() => child?.kill('SIGKILL'), this.#options.stopMs);
    await this.#keeper;
    clearTimeout(late);
    this.#keeper = undefined;
    this.#set({ state: 'stopped', pid: undefined, reason: '' });
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { backoff, hopeless, now } = this.#options;
    const isOver = (): boolean => signal.aborted;
    for (let tries = 1; !isOver(); tries += 1) {
      const startedAt = now();
      const { code, reason } = await this.#run();
      if (isOver()) return;
      if (code !== null && hopeless.includes(code)) {
        this.#set({ state: 'failed', pid: undefined, reason });
        return;
      }
      if (now() - startedAt >= goodMs) tries = 1;
      this.#set({ state: 'waiting', pid: undefined, reason });
      try {
        await sleep(delayBefore(Math.min(tries, backoff.tries), backoff), undefined, { signal });
      } catch {
        return;
      }
      this.#look = { ...this.#look, restarts: this.#look.restarts + 1 };
    }
  }

  /** One life of it. */
  async #run(): Promise<{ code: number | null; reason: string }> {
    const { command, args, stopsWithChannel } = this.#options;
    // It would speak to systemd in this program's name: "stopping", when it alone is restarted.
    const env = { ...process.env, NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined };
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'inherit', 'pipe', ...(stopsWithChannel ? (['ipc'] as const) : [])],
      windowsHide: true,
    });
    const { stderr } = child;
    this.#child = child;
    let said = '';
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      said = `${said}${text}`.slice(-maxSaid);
    });
    this.#set({ state: 'running', pid: child.pid });
    try {
      await once(child, 'exit');
      // What it said last may still be on its way; a child of its own may keep the pipe open.
      if (stderr?.readableEnded === false) {
        await Promise.race([once(stderr, 'end'), sleep(lastWordsMs)]);
      }
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    this.#child = undefined;
    const { exitCode: code, signalCode } = child;
    const ending =
      code === null ? `it was ended by ${String(signalCode)}` : `it ended with ${code}`;
    return { code, reason: said.trim() === '' ? ending : said.trim() };
  }

  #set(change: Partial<ProcessLook>): void {
    const moved = change.state !== undefined && change.state !== this.#look.state;
    const since = moved || change.pid !== undefined ? this.#options.now() : this.#look.since;
    this.#look = { ...this.#look, since, ...change };
  }
}

function disconnect(child: ChildProcess | undefined): void {
  if (child?.connected === true) child.disconnect();
}
