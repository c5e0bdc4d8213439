import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { runClient } from './real-client.ts';

export interface RootParts {
  /** What it is a copy of, as overlayfs has it: `UPPER:LOWER`. This machine's root unless told. */
  readonly lower?: string;
  /** Folders of this machine that are to be seen there at another place, such as `usr/lib/branchline`. */
  readonly bound?: Readonly<Record<string, string>>;
  /** This machine's devices; not for a root that is to be booted. */
  readonly devices?: boolean;
}

/** A copy of a root to write in: an overlay in memory, gone with the test. Ask `canMountTmpfs` before. */
export class ThrowAwayRoot {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make({
    lower = '/',
    bound = {},
    devices = true,
  }: RootParts = {}): Promise<ThrowAwayRoot> {
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
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    await mount(root, '-t', 'overlay', '-o', layers, 'overlay');
    if (devices) await mount(path.join(root, 'dev'), '--bind', '/dev');
    for (const [folder, place] of Object.entries(bound)) {
      await mkdir(path.join(root, place), { recursive: true });
      await mount(path.join(root, place), '--bind', folder);
    }
    return new ThrowAwayRoot(root);
  }

  /** Run a shell script in it, as root, without a network. Returns its output. @throws as `runInRoot`. */
  async run(script: string, timeoutMs = 60_000): Promise<string> {
    return await runInRoot(this.folder, script, { network: 'none', timeoutMs });
  }
}

export interface RunInRootOptions {
  /** `none`: a network of its own with nothing in it but lo. `shared`: this machine's. */
  readonly network: 'none' | 'shared';
  readonly timeoutMs: number;
}

/**
 * Run a shell script with a folder as its root, as root, with processes of its own that end with the script.
 * Returns its output. @throws when it ends with another status than 0.
 */
export async function runInRoot(
  folder: string,
  script: string,
  { network, timeoutMs }: RunInRootOptions,
): Promise<string> {
  const apart = ['--pid', '--mount', '--fork', '--kill-child'];
  if (network === 'none') apart.push('--net');
  // By the programs of this machine, for a small root may have no `ip`.
  const enter = [
    ...(network === 'none' ? ['ip link set lo up'] : []),
    'mount -t proc proc "$0/proc"',
    'mount --bind /dev "$0/dev"',
    'exec chroot "$0" /bin/sh -eu',
  ].join(' && ');
  const { status, stdout, stderr } = await runClient(
    'unshare',
    [...apart, '/bin/sh', '-c', enter, folder],
    { input: script, timeoutMs, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
  if (status !== 0) throw new Error(`exit ${status}: ${stdout.toString()}${stderr}`);
  return stdout.toString();
}
