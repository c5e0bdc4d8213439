import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Client } from './clients.ts';
import { hasClient, isRoot, runClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

const needed: readonly Client[] = ['losetup', 'mkfs.ext4', 'mount', 'umount', 'perl'];
/** EXT4_IOC_SHUTDOWN with NOLOGFLUSH: the file system stops where it stands and writes nothing more. */
const CUT =
  'open(my $f, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl($f, 0x8004587d, $how) or die $!';

let mayCut: boolean | undefined;

/** True when this user may mount an ext4 of its own and cut its power (found out by doing it, once). */
export function canCutPower(): boolean {
  mayCut ??= isRoot() && needed.every(hasClient) && cutsOnce();
  return mayCut;
}

/**
 * An ext4 in a file, whose power can be cut. Ask `canCutPower` before. Only in `e2e-alone`: a namespace that another test
 * makes meanwhile (`ip netns exec`, `unshare --mount`) keeps the disk mounted, and what was cut is then seen again.
 */
export class PowerCutDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;

  private constructor(image: string, folder: string) {
    this.#image = image;
    this.folder = folder;
  }

  /** Made, mounted, and gone after the test. */
  static async create(mebibytes = 64): Promise<PowerCutDisk> {
    const home = await tempFolder('branchline-power-cut-');
    const disk = new PowerCutDisk(path.join(home, 'disk.img'), path.join(home, 'disk'));
    await mkdir(disk.folder);
    await writeFile(disk.#image, '');
    await truncate(disk.#image, mebibytes * 1024 ** 2);
    await succeed('mkfs.ext4', ['-q', '-F', disk.#image]);
    await succeed('mount', ['-o', 'loop', disk.#image, disk.folder]);
    // Registered after the removal of the folder, hence run before it.
    onTestFinished(async () => {
      await runClient('umount', ['-l', disk.folder]);
    });
    return disk;
  }

  /** Cut the power: from here on every access fails, and what was not on the disk is lost. */
  async cut(): Promise<void> {
    await succeed('perl', ['-e', CUT, this.folder]);
  }

  /** The machine comes up again. */
  async restore(): Promise<void> {
    await succeed('umount', [this.folder]);
    await succeed('mount', ['-o', 'loop', this.#image, this.folder]);
  }
}

async function succeed(client: Client, args: readonly string[]): Promise<void> {
  const { status, stderr } = await runClient(client, args);
  if (status !== 0) throw new Error(`${client} ${args.join(' ')}: ${stderr}`);
}

function cutsOnce(): boolean {
  const home = mkdtempSync(path.join(tmpdir(), 'branchline-power-cut-'));
  const script = [
    'truncate -s 8M disk.img && mkdir disk && mkfs.ext4 -q -F disk.img && mount -o loop disk.img disk',
    `&& { perl -e '${CUT}' disk; cut=$?; umount disk && exit $cut; }`,
  ].join(' ');
  try {
    return spawnSync('sh', ['-c', script], { cwd: home, timeout: 10_000 }).status === 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
