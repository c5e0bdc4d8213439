import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContentStore, copyInto, freeBytes, requireSpace, writeDurably } from '#libs/files';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MIB = 1024 ** 2;

describe.skipIf(!canMountTmpfs())('a full disk (mount)', () => {
  it('keeps the old file, says DISK_FULL and leaves nothing short', async () => {
    const disk = await smallDisk(3 * MIB);
    const file = path.join(disk, 'settings.txt');
    await writeDurably(file, 'old');
    await expect(writeDurably(file, randomBytes(5 * MIB))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(disk)).toEqual(['settings.txt']);
    await writeDurably(file, randomBytes(2 * MIB));
  });

  it('stops a copy and the content store, and both go on once there is room', async () => {
    const disk = await smallDisk(3 * MIB);
    const source = path.join(await tempFolder(), 'firmware.bin');
    await writeFile(source, randomBytes(2 * MIB));
    await expect(
      copyInto(source, [path.join(disk, 'a'), path.join(disk, 'b')]),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(disk)).toEqual([]);

    const store = new ContentStore(path.join(disk, 'store'));
    await store.prepare();
    await writeFile(path.join(disk, 'ballast'), randomBytes(2 * MIB));
    await expect(store.put(source)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(path.join(disk, 'store', 'incoming'))).toEqual([]);
    await rm(path.join(disk, 'ballast'));
    expect(await store.put(source)).toMatchObject({ stored: true });
  });

  it('is foreseen', async () => {
    const disk = await smallDisk(3 * MIB);
    expect(await freeBytes(disk)).toBe(3 * MIB);
    await requireSpace(disk, 2 * MIB, MIB);
    await expect(requireSpace(disk, 2 * MIB, MIB + 1)).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});
