import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PeerCommand {
  /** By path, or a name in PATH. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Keep it on this processor, so that the load generator cannot take its time. */
  readonly cpu?: number;
  /** Throw away what it writes to its standard output. */
  readonly silent?: boolean;
  /** Asked again and again until it says yes. */
  readonly ready: () => Promise<boolean>;
}

const readyLimitMs = 15_000;
const stopLimitMs = 3_000;
const keptOutput = 4_096;

/** A server that a benchmark started: it must stay in the foreground. Ended with its children, by their process group. */
export class RunningPeer {
  readonly #child: ChildProcess;
  readonly #command: string;
  #output = '';
  readonly #onExit = (): void => {
    this.#kill('SIGKILL');
  };

  private constructor({ program, args, env, cwd, cpu, silent = false }: PeerCommand) {
    const line = cpu === undefined ? [program, ...args] : pinned(cpu, [program, ...args]);
    this.#command = line.join(' ');
    this.#child = spawn(line[0] ?? program, line.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', silent ? 'ignore' : 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-keptOutput);
      });
    }
    process.once('exit', this.#onExit);
  }

  /** Resolves when the server answers. */
  static async start(command: PeerCommand): Promise<RunningPeer> {
    const peer = new RunningPeer(command);
    const ended = peer.#ended().then(() => true);
    for (const limit = performance.now() + readyLimitMs; performance.now() < limit;) {
      if (await command.ready().catch(() => false)) return peer;
      if (await Promise.race([ended, sleep(50, false)])) break;
    }
    await peer.stop();
    throw new Error(`${peer.#command} did not come up: ${peer.#output}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The end of what it wrote. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#onExit);
    const ended = this.#ended();
    this.#kill('SIGTERM');
    const gone = await Promise.race([ended.then(() => true), sleep(stopLimitMs, false)]);
    // Children of a server outlive it: a fork for each transfer, say.
    this.#kill('SIGKILL');
    if (!gone) await ended;
  }

  async #ended(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit');
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }
}

/** A command kept on one processor. */
export const pinned = (cpu: number, command: readonly string[]): string[] => [
  'taskset',
  '-c',
  String(cpu),
  ...command,
];

/** For `ready`: whether somebody accepts connections there. */
export async function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
