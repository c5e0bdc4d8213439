import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { buildArchive, inspectArchive, unpackArchive } from '#libs/archive';
import { canMountTmpfs } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

it.skipIf(!canMountTmpfs())(
  'a full disk stops unpacking, leaves nothing, and the next try goes through (mount)',
  async () => {
    const disk = await smallDisk(3_000_000);
    const zip = path.join(await tempFolder(), 'firmware.zip');
    await buildArchive(
      [1, 2, 3].map((n) => ({ name: `${n}`, bytes: randomBytes(700_000) })),
      zip,
    );
    const archive = await inspectArchive(zip);
    const steps = archive.entries.map((_, entry) => ({
      entry,
      destinations: [path.join(disk, String(entry))],
    }));
    await writeFile(path.join(disk, 'ballast'), randomBytes(1_500_000));
    await expect(unpackArchive(archive, steps)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(
      buildArchive([{ name: 'x', bytes: randomBytes(2_000_000) }], path.join(disk, 'z')),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(disk)).toEqual(['ballast']);
    await rm(path.join(disk, 'ballast'));
    expect(await unpackArchive(archive, steps)).toHaveLength(3);
  },
);
