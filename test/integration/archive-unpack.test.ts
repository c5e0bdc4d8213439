import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inspectArchive, unpackArchive, type Archive, type UnpackProgress } from '#libs/archive';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { rawZip } from '../support/raw-zip.ts';
import { badArchives } from '../support/zip-corpus.ts';

/** A zip on disk, inspected, and an empty staging folder. */
async function staged(bytes: Buffer): Promise<{ archive: Archive; staging: string; zip: string }> {
  const dir = await tempFolder();
  const zip = path.join(dir, 'firmware.zip');
  await writeFile(zip, bytes);
  const staging = path.join(dir, 'staging');
  await mkdir(staging);
  return { archive: await inspectArchive(zip), staging, zip };
}

/** All files of an archive, each to as many places. */
const everything = (archive: Archive, staging: string, places = 1) =>
  archive.entries.flatMap(({ isFolder }, entry) =>
    isFolder
      ? []
      : [
          {
            entry,
            destinations: Array.from({ length: places }, (_, place) =>
              path.join(staging, `${entry}-${place}`),
            ),
          },
        ],
  );

const digestOf = (bytes: Buffer) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
});

describe('unpacking', () => {
  const contents = [
    Buffer.from('SET A 1\n'.repeat(1000)),
    Buffer.alloc(0),
    randomBytes(3_000_001),
    Buffer.concat([randomBytes(600_000), Buffer.alloc(900_000), randomBytes(70_000)]),
  ];
  const zipped = rawZip([
    { name: 'fw/', mode: 0o40755 },
    ...contents.flatMap((content, n) => [
      { name: `fw/deflated-${n}`, content, method: 'deflate' as const },
      { name: `fw/stored-${n}`, content },
      {
        name: `fw/streamed-${n}`,
        content,
        method: 'deflate' as const,
        descriptor: 'signed' as const,
      },
    ]),
  ]);

  it.each([1, 3])('writes every byte to %i places and tells the digests', async (places) => {
    const { archive, staging } = await staged(zipped);
    const steps = everything(archive, staging, places);
    const digests = await unpackArchive(archive, steps);
    for (const [at, step] of steps.entries()) {
      const content = contents[Math.floor(at / 3)] ?? Buffer.alloc(0);
      expect(digests[at]).toEqual(digestOf(content));
      expect(step.destinations).toHaveLength(places);
      for (const file of step.destinations) expect(content.equals(await readFile(file))).toBe(true);
    }
  });

  it('unpacks only what is asked for', async () => {
    const { archive, staging } = await staged(zipped);
    const digests = await unpackArchive(archive, everything(archive, staging).slice(3, 4));
    expect(digests).toHaveLength(1);
    expect(await readdir(staging)).toEqual(['4-0']);
    await expect(
      unpackArchive(archive, [{ entry: 0, destinations: [path.join(staging, 'folder')] }]),
    ).rejects.toThrow(RangeError);
  });

  it('tells how far it is, in order and to the end', async () => {
    const { archive, staging } = await staged(zipped);
    const told: UnpackProgress[] = [];
    await unpackArchive(archive, everything(archive, staging), {
      onProgress: (progress) => told.push(progress),
    });
    const bytes = told.map((progress) => progress.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({
      bytes: archive.totalBytes,
      totalBytes: archive.totalBytes,
    });
  });

  it('ends its thread when it is stopped, and leaves nothing', async () => {
    const { archive, staging } = await staged(
      rawZip(
        Array.from({ length: 8 }, (_, n) => ({ name: `${n}`, content: Buffer.alloc(20_000_000) })),
      ),
    );
    const stop = new AbortController();
    const work = unpackArchive(archive, everything(archive, staging), {
      signal: stop.signal,
      onProgress: () => {
        stop.abort(new Error('the operator stopped it'));
      },
    });
    await expect(work).rejects.toThrow('the operator stopped it');
    expect(await readdir(staging)).toEqual([]);
    await expect(
      unpackArchive(archive, everything(archive, staging), { signal: stop.signal }),
    ).rejects.toThrow('the operator stopped it');
    expect(await openFilesBelow(staging)).toEqual([]);
  });

  it('overwrites nothing, and removes nothing that it has not written', async () => {
    const { archive, staging } = await staged(zipped);
    await writeFile(path.join(staging, '4-0'), 'mine');
    await expect(unpackArchive(archive, everything(archive, staging))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
    expect(await readdir(staging)).toEqual(['4-0']);
    expect(await readFile(path.join(staging, '4-0'), 'utf8')).toBe('mine');
  });

  it('says WRITE_FAILED when a folder is missing', async () => {
    const { archive, staging } = await staged(zipped);
    await expect(
      unpackArchive(archive, everything(archive, path.join(staging, 'missing'))),
    ).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });

  it('notices an archive that became shorter after its inspection', async () => {
    const { archive, staging, zip } = await staged(zipped);
    await writeFile(zip, zipped.subarray(0, 100_000));
    await expect(unpackArchive(archive, everything(archive, staging))).rejects.toMatchObject({
      code: 'ARCHIVE_UNREADABLE',
    });
    expect(await readdir(staging)).toEqual([]);
  });

  it('refuses a member whose packed data goes on behind its end, far away', async () => {
    const content = Buffer.from('SET A 1\n');
    const { archive, staging } = await staged(
      rawZip([
        {
          name: 'x',
          content,
          method: 'deflate',
          packed: Buffer.concat([deflateRawSync(content), randomBytes(2_000_000)]),
        },
      ]),
    );
    await expect(unpackArchive(archive, everything(archive, staging))).rejects.toMatchObject({
      code: 'ARCHIVE_SIZE_LIES',
    });
    expect(await readdir(staging)).toEqual([]);
  });
});

describe('a bad archive leaves nothing in staging:', () => {
  it.each(badArchives.filter((archive) => archive.noticed === 'unpacking'))(
    '$title: $code',
    async ({ bytes, code }) => {
      const { archive, staging } = await staged(bytes());
      await expect(unpackArchive(archive, everything(archive, staging, 2))).rejects.toMatchObject({
        code,
        message: expect.stringContaining('firmware.zip is refused as a whole') as string,
      });
      expect(await readdir(staging)).toEqual([]);
    },
  );
});

describe('what others pack', () => {
  const contents = { 'a.txt': Buffer.from('SET A 1\n'.repeat(999)), 'b.bin': randomBytes(99_999) };

  async function sources(): Promise<string> {
    const dir = await tempFolder();
    await mkdir(path.join(dir, 'fw'));
    for (const [name, bytes] of Object.entries(contents)) {
      await writeFile(path.join(dir, 'fw', name), bytes);
    }
    return dir;
  }

  async function expectContents(zip: string): Promise<void> {
    const staging = await tempFolder();
    const archive = await inspectArchive(zip);
    const steps = everything(archive, staging);
    await unpackArchive(archive, steps);
    const unpacked = await Promise.all(
      steps.map(async ({ entry, destinations }) => [
        archive.entries[entry]?.name,
        (await readFile(destinations[0] ?? '')).equals(
          contents[path.basename(archive.entries[entry]?.name ?? '') as keyof typeof contents],
        ),
      ]),
    );
    expect(unpacked.toSorted()).toEqual([
      ['fw/a.txt', true],
      ['fw/b.bin', true],
    ]);
  }

  it.skipIf(!hasClient('zip'))('is unpacked, as files and as a stream (zip)', async () => {
    const dir = await sources();
    await runClient('zip', ['-q', '-r', 'plain.zip', 'fw'], { cwd: dir });
    await expectContents(path.join(dir, 'plain.zip'));
    const { stdout } = await runClient('zip', ['-q', '-r', '-', 'fw'], { cwd: dir });
    await writeFile(path.join(dir, 'stream.zip'), stdout);
    await expectContents(path.join(dir, 'stream.zip'));
    await runClient('zip', ['-q', '-r', '-fz', 'zip64.zip', 'fw'], { cwd: dir });
    await expectContents(path.join(dir, 'zip64.zip'));
  });

  it.skipIf(!hasClient('python3'))('is unpacked (python3)', async () => {
    const dir = await sources();
    await runClient('python3', ['-m', 'zipfile', '-c', 'made.zip', 'fw'], { cwd: dir });
    await expectContents(path.join(dir, 'made.zip'));
  });

  it.skipIf(!hasClient('zip'))('is refused with a symbolic link or a password (zip)', async () => {
    const dir = await sources();
    await symlink('/etc/passwd', path.join(dir, 'fw', 'link'));
    await runClient('zip', ['-q', '-r', '-y', 'link.zip', 'fw'], { cwd: dir });
    await expect(inspectArchive(path.join(dir, 'link.zip'))).rejects.toMatchObject({
      code: 'ARCHIVE_ENTRY_KIND',
    });
    await runClient('zip', ['-q', '-P', 'secret', 'secret.zip', 'fw/a.txt'], { cwd: dir });
    await expect(inspectArchive(path.join(dir, 'secret.zip'))).rejects.toMatchObject({
      code: 'ARCHIVE_ENCRYPTED',
    });
  });
});

/** What this process holds open below a folder; empty where that cannot be told. */
async function openFilesBelow(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const links = (await readdir('/proc/self/fd')).map(async (fd) => {
    try {
      return await readlink(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return (await Promise.all(links)).filter((file) => file.startsWith(folder));
}
