import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { findClient, hasClient, runClient } from './real-client.ts';

/** Whether the kernel's control groups lie where systemd looks for them, and its container's programs are there. */
export function canBootDebian(): boolean {
  const grouped = existsSync('/run/systemd/system') || groupTrees().length > 0;
  return grouped && hasClient('systemd-nspawn') && hasClient('nsenter');
}

/** A machine whose own systemd runs as process 1: processes, users and network of its own, and no route out of it. */
export class BootedDebian {
  readonly #nspawn: ChildProcess;
  #init = 0;
  #said = '';

  private constructor(nspawn: ChildProcess) {
    this.#nspawn = nspawn;
    const hear = (text: string): void => {
      this.#said = (this.#said + text).slice(-10_000);
    };
    nspawn.stdout?.setEncoding('utf8').on('data', hear);
    nspawn.stderr?.setEncoding('utf8').on('data', hear);
  }

  /** Boot what lies in `root`, until systemd has started all it is to start. Gone with the test. */
  static async boot(root: string): Promise<BootedDebian> {
    const name = `branchline-${randomBytes(3).toString('hex')}`;
    const groups = groupTrees().map((tree) => path.join(tree, name));
    // Where no systemd gives it a group of its own, it would share ours with every other one.
    const join = groups.map((group) => `mkdir ${group} && echo $$ >${group}/cgroup.procs && `);
    const alone = groups.length > 0 ? '--register=no --keep-unit' : '';
    const words = `--directory "$0" --boot ${alone} --private-network --console=pipe --quiet --machine=${name}`;
    const nspawn = spawn('/bin/sh', ['-c', `${join.join('')}exec systemd-nspawn ${words}`, root], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const machine = new BootedDebian(nspawn);
    onTestFinished(async () => {
      await machine.#end();
      await rm(path.join('/run/systemd/nspawn/propagate', name), { recursive: true, force: true });
      for (const group of groups) await removeGroup(group);
    });
    await machine.#whenBooted();
    return machine;
  }

  /** As a power cut: all that runs in it goes with its process 1, and nspawn goes with that. */
  async #end(): Promise<void> {
    if (this.#nspawn.exitCode !== null || this.#nspawn.signalCode !== null) return;
    const ended = once(this.#nspawn, 'exit');
    if (this.#init > 1) process.kill(this.#init, 'SIGKILL');
    else this.#nspawn.kill('SIGKILL');
    await ended;
  }

  async #whenBooted(): Promise<void> {
    const { pid = 0 } = this.#nspawn;
    const state = async (): Promise<string> => {
      if (this.#nspawn.exitCode !== null) return `it has ended: ${this.#said}`;
      // Looked up anew: nspawn's first child only prepares for the one that becomes process 1.
      this.#init = Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10);
      return (await this.run('systemctl is-system-running --wait')).trim();
    };
    const tried = (): Promise<string> => state().catch((error: unknown) => String(error));
    await expect.poll(tried, { timeout: 90_000 }).toBe('running');
  }

  /** Run a shell script in it as root. Returns stdout. @throws when it ends with another status than 0. */
  async run(script: string, timeoutMs = 60_000): Promise<string> {
    const { status, stdout, stderr } = await this.try(script, timeoutMs);
    if (status !== 0) throw new Error(`exit ${status}: ${script}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The same, for what may end with any status. */
  async try(
    script: string,
    timeoutMs = 60_000,
  ): Promise<{ status: number; stdout: string; stderr: string }> {
    const into = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
    const clean = [
      'env',
      '-i',
      '--chdir=/root',
      'HOME=/root',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'LC_ALL=C',
    ];
    const words = ['--target', String(this.#init), ...into, '--', ...clean, 'bash', '-eu'];
    const run = await runClient('nsenter', words, { input: script, timeoutMs });
    return { ...run, stdout: run.stdout.toString() };
  }

  /** What curl of the machine around it says in this machine's network; '' when it fails. */
  async curl(...words: string[]): Promise<string> {
    const inside = ['--target', String(this.#init), '--net', '--', findClient('curl') ?? 'curl'];
    const { stdout } = await runClient('nsenter', [...inside, '-s', '--max-time', '5', ...words]);
    return stdout.toString();
  }

  /** Wait until a port answers with a whole page, also after a redirection. */
  async pageAt(port: number): Promise<void> {
    const page = (): Promise<string> => this.curl('-L', `http://127.0.0.1:${port}/`);
    await expect.poll(page, { interval: 50, timeout: 60_000 }).toContain('</html>');
  }

  /** What systemd says of a unit, such as `MainPID`. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run(`systemctl show --property=${name} --value ${unit}`)).trim();
  }
}

/** Roots of the trees of control groups that its systemd will use, where no systemd of this machine holds them. */
function groupTrees(): string[] {
  const [unified, hybrid] = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
  if (existsSync('/run/systemd/system')) return [];
  return ['/sys/fs/cgroup/systemd', hybrid, unified].filter((tree) =>
    existsSync(path.join(tree, 'cgroup.procs')),
  );
}

/** Children first; the kernel lets a group go when its last process has been reaped. */
async function removeGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  const entries = await readdir(group, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) await removeGroup(path.join(group, entry.name));
  }
  const gone = async (): Promise<boolean> => {
    await rmdir(group);
    return true;
  };
  await expect.poll(() => gone().catch(() => false), { timeout: 10_000 }).toBe(true);
}
