import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { runClient } from './real-client.ts';

/** A copy of this machine's root to write in: an overlay in memory, gone with the test. Ask `canMountTmpfs` before. */
export class ThrowAwayRoot {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `bound` are folders of this machine that are to be seen there at another place, such as `usr/lib/branchline`. */
  static async make(bound: Readonly<Record<string, string>> = {}): Promise<ThrowAwayRoot> {
    const memory = await mkdtemp(path.join(tmpdir(), 'branchline-root-'));
    const root = path.join(memory, 'root');
    const mounted: string[] = [];
    onTestFinished(async () => {
      for (const folder of mounted.toReversed()) await runClient('umount', ['-l', folder]);
      await rm(memory, { recursive: true, force: true });
    });
    const mount = async (folder: string, ...options: string[]): Promise<void> => {
      const { status, stderr } = await runClient('mount', [...options, folder]);
      if (status !== 0) throw new Error(`mount ${folder}: ${stderr}`);
      mounted.push(folder);
    };
    await mount(memory, '-t', 'tmpfs', '-o', 'size=1g', 'tmpfs');
    const [upper, work] = [path.join(memory, 'upper'), path.join(memory, 'work')];
    for (const folder of [upper, work, root]) await mkdir(folder);
    const layers = `lowerdir=/,upperdir=${upper},workdir=${work}`;
    await mount(root, '-t', 'overlay', '-o', layers, 'overlay');
    await mount(path.join(root, 'dev'), '--bind', '/dev');
    for (const [folder, place] of Object.entries(bound)) {
      await mkdir(path.join(root, place), { recursive: true });
      await mount(path.join(root, place), '--bind', folder);
    }
    return new ThrowAwayRoot(root);
  }

  /**
   * Run a shell script in it, as root, with a network and processes of its own that end with the script.
   * Returns its output. @throws when it ends with another status than 0.
   */
  async run(script: string, timeoutMs = 60_000): Promise<string> {
    const set = 'set -eu; mount -t proc proc /proc; ip link set lo up\n';
    const apart = ['--net', '--pid', '--mount', '--fork', '--kill-child'];
    const { status, stdout, stderr } = await runClient(
      'unshare',
      [...apart, 'chroot', this.folder, '/bin/sh'],
      { input: `${set}${script}`, timeoutMs, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
    );
    if (status !== 0) throw new Error(`exit ${status}: ${stdout.toString()}${stderr}`);
    return stdout.toString();
  }
}
