import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { buildArchive, inspectArchive, unpackArchive } from '#libs/archive';
import { hashFile } from '#libs/files';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const files = [
  { name: '46xxsettings.txt', bytes: Buffer.from('SET A 1\n'.repeat(1000)) },
  { name: 'fw/größe.bin', bytes: randomBytes(2_000_000) },
  { name: 'fw/empty', bytes: Buffer.alloc(0) },
];

it('builds what it would accept itself', async () => {
  const dir = await tempFolder();
  const target = path.join(dir, 'built.zip');
  expect(await buildArchive(files, target)).toEqual(await hashFile(target));
  const archive = await inspectArchive(target);
  expect(archive.entries.map(({ name }) => name).toSorted()).toEqual(
    files.map(({ name }) => name).toSorted(),
  );
  await mkdir(path.join(dir, 'out'));
  await unpackArchive(
    archive,
    archive.entries.map((_, entry) => ({
      entry,
      destinations: [path.join(dir, 'out', String(entry))],
    })),
  );
  for (const [entry, { name }] of archive.entries.entries()) {
    const source = files.find((file) => file.name === name);
    expect(
      (await readFile(path.join(dir, 'out', String(entry)))).equals(
        source?.bytes ?? Buffer.from('?'),
      ),
    ).toBe(true);
  }
});

it.skipIf(!hasClient('unzip'))('builds what others accept (unzip)', async () => {
  const dir = await tempFolder();
  await buildArchive(files, path.join(dir, 'built.zip'));
  const { status, stdout } = await runClient('unzip', ['-t', path.join(dir, 'built.zip')]);
  expect({ status, stdout: stdout.toString() }).toMatchObject({ status: 0 });
});

it.each([
  ['ARCHIVE_NAME_UNSAFE', [{ name: '../x', bytes: Buffer.alloc(1) }]],
  ['ARCHIVE_NAME_CLASH', ['x', 'X'].map((name) => ({ name, bytes: Buffer.alloc(1) }))],
  ['ARCHIVE_LIMIT', [{ name: 'x', bytes: Buffer.alloc(100 * 1024 ** 2 + 1) }]],
])('builds nothing that would be refused: %s', async (code, bad) => {
  const dir = await tempFolder();
  await expect(buildArchive(bad, path.join(dir, 'built.zip'))).rejects.toMatchObject({ code });
  expect(await readdir(dir)).toEqual([]);
});
