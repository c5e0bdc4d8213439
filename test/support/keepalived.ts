import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { command } from './launched-server.ts';
import type { Machine } from './network.ts';

export interface KeepalivedOptions {
  readonly machine: Machine;
  readonly peer: Machine;
  /** The address of the pair, in the network of both. */
  readonly shared: string;
  /** Settings of the server beside it. */
  readonly config: string;
  /** For its files of process ids. */
  readonly folder: string;
}

/** The real keepalived of one server of a pair, told what `branchline ha keepalived` prints. For root. */
export class Keepalived {
  readonly #options: KeepalivedOptions;
  /** Scripts of root are run by keepalived only where nobody else can write. */
  readonly #scripts: string;
  readonly #file: string;
  #process: ChildProcess | undefined;

  private constructor(options: KeepalivedOptions, scripts: string) {
    this.#options = options;
    this.#scripts = scripts;
    this.#file = path.join(scripts, 'keepalived.conf');
  }

  static async prepare(options: KeepalivedOptions): Promise<Keepalived> {
    const { machine, peer, shared, config } = options;
    const scripts = await mkdtemp('/run/branchline-test-');
    await chmod(scripts, 0o755);
    await cp('packaging/ha', scripts, { recursive: true });
    const { status, stdout, stderr } = await command(
      ...['ha', 'keepalived', '--address', `${shared}/24`, '--interface', 'eth0'],
      ...['--own', machine.address, '--peer', peer.address, '--config', config],
    );
    if (status !== 0) throw new Error(`branchline ha keepalived: ${stderr}`);
    const conf = stdout.replaceAll(/\S*\/packaging\/ha(?=\/)/g, scripts);
    const keepalived = new Keepalived(options, scripts);
    await writeFile(keepalived.#file, conf, { mode: 0o644 });
    return keepalived;
  }

  start(): void {
    if (this.#process !== undefined) return;
    const { machine, folder } = this.#options;
    const pids = ['-p', path.join(folder, 'k.pid'), '-r', path.join(folder, 'v.pid')];
    const child = spawn(machine.on, ['keepalived', '-n', '-l', '-P', '-f', this.#file, ...pids], {
      stdio: 'ignore',
      detached: true,
    });
    this.#process = child;
    child.once('exit', () => (this.#process = undefined));
  }

  /** SIGTERM: it gives the address away, as when an operator stops it. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    if (child.kill('SIGTERM')) await gone;
  }

  /** It hangs with all its processes until it is told to go on. */
  hang(): void {
    this.#signal('SIGSTOP');
  }

  goOn(): void {
    this.#signal('SIGCONT');
  }

  async holdsAddress(): Promise<boolean> {
    const { machine, shared } = this.#options;
    const { stdout } = await machine.run('ip', '-o', 'address', 'show', 'dev', 'eth0');
    return stdout.includes(`${shared}/`);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#scripts, { recursive: true, force: true });
  }

  /** To its process group: the part that speaks VRRP is a process of its own. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid !== undefined) process.kill(-pid, signal);
  }
}
