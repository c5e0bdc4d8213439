import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { backupStore, bodyOf } from '../support/backup-store.ts';
import { canCutPower, PowerCutDisk } from '../support/power-cut.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const script = fileURLToPath(new URL('../support/save-backups.ts', import.meta.url));
const name = '2001_96xxdata.txt';

/** Which save a file is from; fails when it is not whole. */
function versionOf(text: string): number {
  const version = Number.parseInt(text, 10);
  const piece = `${version}\n`.repeat(Math.ceil(70_000 / `${version}\n`.length));
  expect(text).toBe(piece.repeat(version % 2 === 0 ? 20 : 2));
  return version;
}

/** Start saving, kill the process some milliseconds after so many saves, and tell the last number it called safe. */
async function killedSaving(folder: string, saves: number, ms: number): Promise<number> {
  const child = spawn(process.execPath, ['-C', 'source', script, folder, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.split('\n').length <= saves) return;
    setTimeout(() => child.kill('SIGKILL'), ms);
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  return Number(told.trimEnd().split('\n').at(-1));
}

it.each([0, 1, 2, 3, 5, 8])('kill -9 after %i ms: the old or the new one, whole', async (ms) => {
  const folder = await tempFolder();
  const safe = await killedSaving(folder, 5 + ms, ms);
  const found = versionOf(await readFile(path.join(folder, name), 'utf8'));
  expect(found).toBeGreaterThanOrEqual(safe);

  const store = await backupStore(folder);
  expect(await readdir(path.join(folder, '.branchline', 'incoming'))).toEqual([]);
  const kept = await Promise.all(
    (await store.versions(name)).map(async ({ version }) =>
      versionOf(await readFile(await store.pathOf(name, version), 'utf8')),
    ),
  );
  // What was safe before the current one is among the versions, as far as they go back.
  for (let version = Math.max(1, found - 9); version < found; version += 1) {
    expect(kept).toContain(version);
  }
  await store.save(name, bodyOf('after'));
  expect(await readFile(path.join(folder, name), 'utf8')).toBe('after');
});

describe.skipIf(!canMountTmpfs())('a full disk (mount)', () => {
  it.each([900_000, 2_500_000])('refuses %i bytes, keeps the old ones and heals', async (size) => {
    const folder = await smallDisk(1024 * 1024);
    const store = await backupStore(folder);
    await store.save(name, bodyOf('old'));
    await store.save('ballast', bodyOf(Buffer.alloc(500_000)));
    await expect(store.save(name, bodyOf(Buffer.alloc(size)))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(await readFile(path.join(folder, name), 'utf8')).toBe('old');
    expect(await readdir(path.join(folder, '.branchline', 'incoming'))).toEqual([]);
    await store.save(name, bodyOf(Buffer.alloc(300_000)));
  });
});

describe.skipIf(!canCutPower())('a power cut (losetup, mkfs.ext4, perl)', () => {
  it('takes no backup that was called safe, and none of its versions', async () => {
    const disk = await PowerCutDisk.create();
    const folder = path.join(disk.folder, 'backups');
    const store = await backupStore(folder);
    await store.save('b/other.txt', bodyOf('x'));
    await store.save('gone.txt', bodyOf('was here'));
    await store.remove('gone.txt');
    for (const text of ['one', 'two', 'three']) await store.save(name, bodyOf(text));
    await disk.cut();
    await disk.restore();
    const after = await backupStore(folder);
    expect(await readFile(path.join(folder, name), 'utf8')).toBe('three');
    expect((await after.versions(name)).map(({ size }) => size)).toEqual([3, 3]);
    expect((await after.list(10, { removed: true })).map((listed) => listed.name)).toEqual([
      name,
      'b/other.txt',
      'gone.txt',
    ]);
    const [version] = await after.versions('gone.txt');
    expect(await readFile(await after.pathOf('gone.txt', version?.version ?? ''), 'utf8')).toBe(
      'was here',
    );
  });
});
