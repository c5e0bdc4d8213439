import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { buildFirmwareSet, buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { ZipWriter } from '../../apps/demo/zip-writer.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const small = { totalBytes: 1_000_000, files: 40 };

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

it('writes as many files and bytes as asked for, and lists them truly', async () => {
  const folder = await tempFolder();
  const files = await buildFirmwareSet({ ...small, folder });
  expect(files).toHaveLength(40);
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBe(1_000_000);
  for (const { name, size, sha256: digest } of files) {
    const bytes = await readFile(path.join(folder, name));
    expect([name, bytes.length, sha256(bytes)]).toEqual([name, size, digest]);
  }
});

it('has scripts that name firmware of this set only, and end at the settings', async () => {
  const folder = await tempFolder();
  const files = await buildFirmwareSet({ ...small, folder, version: '9_9_9' });
  const names = new Set(files.map(({ name }) => name));
  for (const script of ['46xxupgrade.scr', '96x1Supgrade.txt', 'J100Supgrade.txt']) {
    const text = await readFile(path.join(folder, script), 'latin1');
    const named = [...text.matchAll(/^SET APPNAME (.+)\r$/gm)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !names.has(name) || !name.includes('9_9_9'))).toEqual([]);
    expect(text).toMatch(/\r\nGET 46xxsettings\.txt\r\n$/);
  }
  expect([...names].filter((name) => name.startsWith('firmware/'))).not.toHaveLength(0);
});

it('gives the same bytes for the same seed, and others for another', async () => {
  const folder = await tempFolder();
  const digest = async (name: string, seed: string): Promise<string> => {
    await buildFirmwareZip({ ...small, seed, target: path.join(folder, name) });
    return sha256(await readFile(path.join(folder, name)));
  };
  const first = await digest('a.zip', 'one');
  expect(await digest('b.zip', 'one')).toBe(first);
  expect(await digest('c.zip', 'two')).not.toBe(first);
});

it.skipIf(!hasClient('unzip'))('makes a zip that unpacks to what it says (unzip)', async () => {
  const folder = await tempFolder();
  const target = path.join(folder, 'release.zip');
  const files = await buildFirmwareZip({ ...small, target });
  const test = await runClient('unzip', ['-tq', target]);
  expect(test).toMatchObject({ status: 0, stderr: '' });
  await runClient('unzip', ['-q', target, '-d', path.join(folder, 'out')]);
  for (const { name, sha256: digest } of files)
    expect([name, sha256(await readFile(path.join(folder, 'out', name)))]).toEqual([name, digest]);
});

it.skipIf(!hasClient('python3'))('makes a zip that a strict reader accepts (python3)', async () => {
  const folder = await tempFolder();
  const target = path.join(folder, 'release.zip');
  const zip = await ZipWriter.create(target);
  await zip.addFolder('Großstadt');
  await zip.add('Großstadt/leer.txt', []);
  await zip.add('stored.bin', [Buffer.alloc(70_000, 7)], { method: 'store' });
  await zip.add('packed.bin', [Buffer.alloc(70_000, 7)]);
  const size = await zip.finish();
  expect((await stat(target)).size).toBe(size);
  const script = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
for i in z.infolist(): print(i.filename, i.file_size, i.compress_type, i.flag_bits & 8, i.is_dir(), oct(i.external_attr >> 16), i.date_time)
`;
  const run = await runClient('python3', ['-c', script, target], {
    env: { PYTHONIOENCODING: 'utf-8' },
  });
  expect(run.stderr).toBe('');
  expect(run.stdout.toString().trim().split('\n')).toEqual([
    'Großstadt/ 0 0 0 True 0o40755 (2026, 1, 1, 0, 0, 0)',
    'Großstadt/leer.txt 0 8 0 False 0o100644 (2026, 1, 1, 0, 0, 0)',
    'stored.bin 70000 0 0 False 0o100644 (2026, 1, 1, 0, 0, 0)',
    'packed.bin 70000 8 0 False 0o100644 (2026, 1, 1, 0, 0, 0)',
  ]);
});

it('shows no zip before it is whole, and leaves nothing when it is given up', async () => {
  const folder = await tempFolder();
  const zip = await ZipWriter.create(path.join(folder, 'release.zip'));
  await zip.add('a.bin', [Buffer.alloc(10)]);
  expect(await readdir(folder)).not.toContain('release.zip');
  await zip.discard();
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  [1, 1_000_000],
  [40, 1_000],
])('refuses a set of %i files and %i bytes', async (files, totalBytes) => {
  const folder = await tempFolder();
  await expect(buildFirmwareSet({ folder, files, totalBytes })).rejects.toHaveProperty(
    'code',
    'USAGE',
  );
});
