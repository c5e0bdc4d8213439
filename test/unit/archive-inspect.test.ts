import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultLimits, inspectArchive } from '#libs/archive';
import { tempFolder } from '../support/temp-folder.ts';
import { rawZip, type RawMember, type RawZip } from '../support/raw-zip.ts';
import { badArchives } from '../support/zip-corpus.ts';

async function zipFile(bytes: Buffer): Promise<string> {
  const file = path.join(await tempFolder(), 'firmware.zip');
  await writeFile(file, bytes);
  return file;
}

const members: RawMember[] = [
  { name: 'fw/', mode: 0o42755, dosAttributes: 0x10 },
  { name: 'fw/app.bin', content: 'application'.repeat(100), method: 'deflate' },
  { name: 'old\\windows.txt', content: 'backslash' },
  { name: Buffer.from([0x66, 0x81, 0x72]), content: 'IBM 437' },
  { name: 'empty' },
];

describe('a good archive', () => {
  it.each<[string, RawMember[], RawZip]>([
    ['as usual', members, {}],
    ['with descriptors', members.map((m) => ({ ...m, descriptor: 'signed' })), {}],
    ['with bare descriptors', members.map((m) => ({ ...m, descriptor: 'bare' })), {}],
    ['with long descriptors', members.map((m) => ({ ...m, descriptor: 'signed-long' })), {}],
    ['in ZIP64', members.map((m) => ({ ...m, zip64: true })), { zip64: true }],
    ['with a comment', members, { comment: Buffer.from('made by hand') }],
    ['with a flag of no importance', members.map((m) => ({ ...m, local: { flags: 0x0802 } })), {}],
  ])('%s: every member is told', async (_, list, options) => {
    const flagged = list.map((m) => (Buffer.isBuffer(m.name) ? { ...m, local: {} } : m));
    const file = await zipFile(rawZip(flagged, options));
    const archive = await inspectArchive(file);
    expect(archive).toMatchObject({ path: file, totalBytes: 1100 + 9 + 7 });
    expect(
      archive.entries.map(({ name, isFolder, size, method }) => [name, isFolder, size, method]),
    ).toEqual([
      ['fw', true, 0, 'stored'],
      ['fw/app.bin', false, 1100, 'deflate'],
      ['old/windows.txt', false, 9, 'stored'],
      ['für', false, 7, 'stored'],
      ['empty', false, 0, 'stored'],
    ]);
    const stored = archive.entries[2]?.dataOffset ?? 0;
    expect(rawZip(flagged, options).toString('latin1', stored, stored + 9)).toBe('backslash');
  });

  it('may be empty', async () => {
    expect(await inspectArchive(await zipFile(rawZip([])))).toMatchObject({ entries: [] });
  });

  it('may contain an archive, which is not opened', async () => {
    const inner = badArchives[0]?.bytes() ?? '';
    const file = await zipFile(rawZip([{ name: 'inner.zip', content: inner }]));
    expect((await inspectArchive(file)).entries).toHaveLength(1);
  });

  it('is refused when it is larger than allowed', async () => {
    const file = await zipFile(rawZip(members));
    await expect(
      inspectArchive(file, { ...defaultLimits, archiveBytes: 100 }),
    ).rejects.toMatchObject({ code: 'ARCHIVE_LIMIT' });
  });

  it('that cannot be read is no bad archive', async () => {
    await expect(inspectArchive('/nowhere/at-all.zip')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a bad archive is refused as a whole:', () => {
  it.each(badArchives.filter((archive) => archive.noticed === 'inspecting'))(
    '$title: $code',
    async ({ bytes, code }) => {
      await expect(inspectArchive(await zipFile(bytes()))).rejects.toMatchObject({
        code,
        message: expect.stringContaining('firmware.zip is refused as a whole') as string,
      });
    },
  );

  it.each(badArchives.filter((archive) => archive.noticed === 'unpacking'))(
    '$title looks good in its directory',
    async ({ bytes }) => {
      expect((await inspectArchive(await zipFile(bytes()))).entries).toHaveLength(2);
    },
  );
});
