import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inspectArchive, unpackArchive, type Archive } from '#libs/archive';
import { BranchlineError } from '#libs/errors';
import { tempFolder } from '../support/temp-folder.ts';
import { rawZip } from '../support/raw-zip.ts';

const text = 'SET A 1\n'.repeat(50);
const good = [
  rawZip([
    { name: 'fw/', mode: 0o40755 },
    { name: 'fw/a.bin', content: text, method: 'deflate' },
    { name: 'b.txt', content: text, descriptor: 'signed' },
  ]),
  rawZip([{ name: 'a', content: text, method: 'deflate', zip64: true }, { name: 'b' }], {
    zip64: true,
    comment: Buffer.from('comment'),
  }),
];

const edit = fc.record({
  // Near the end as often as anywhere: that is where the directory is.
  at: fc.oneof(
    fc.nat(400),
    fc.nat(400).map((n) => -n),
  ),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom(
        'ffffffffffffffff',
        'ffffffff',
        '00000000',
        'ffffffffffffff7f',
        '504b0506',
        '504b0102',
      )
      .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
  ),
  kind: fc.constantFrom('replace', 'insert', 'delete', 'cut'),
});

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function apply(bytes: Buffer, { at, bytes: more, kind }: Edit): Buffer {
  const from = Math.max(0, Math.min(bytes.length, at < 0 ? bytes.length + at : at));
  const rest = bytes.subarray(kind === 'insert' ? from : from + more.length);
  if (kind === 'cut') return bytes.subarray(0, from);
  return Buffer.concat(
    [bytes.subarray(0, from), kind === 'delete' ? '' : more, rest].map((part) => Buffer.from(part)),
  );
}

const mutated = fc
  .tuple(fc.constantFrom(...good), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([bytes, edits]) => edits.reduce(apply, bytes));

/** The result, or undefined after a refusal with one of the archive codes; any other failure is thrown. */
async function orRefusal<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    expect(error.code).toMatch(/^ARCHIVE_/);
    return undefined;
  }
}

it('answers any bytes with a list of safe members, or refuses them', async () => {
  const zip = path.join(await tempFolder(), 'fuzz.zip');
  const kept = (archive: Archive): void => {
    for (const { name } of archive.entries)
      expect(path.posix.normalize(`/x/${name}`)).toBe(`/x/${name}`);
  };
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
      await writeFile(zip, bytes);
      const archive = await orRefusal(inspectArchive(zip));
      if (archive === undefined) return;
      read += 1;
      kept(archive);
    }),
    { numRuns: 3000, endOnFailure: true },
  );
  expect(read).toBeGreaterThan(30);
});

it('unpacks what is left of an archive, or refuses it and leaves nothing', async () => {
  const dir = await tempFolder();
  const zip = path.join(dir, 'fuzz.zip');
  const staging = path.join(dir, 'staging');
  await mkdir(staging);
  // Damage to the packed bytes only: everything else is refused before.
  const packed = fc.record({ at: fc.integer({ min: 60, max: 100 }), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(packed, async ({ at, byte }) => {
      const bytes = Buffer.from(good[0] ?? '');
      bytes[at] = byte;
      await writeFile(zip, bytes);
      const archive = await orRefusal(inspectArchive(zip));
      if (archive === undefined) return;
      const steps = archive.entries.flatMap(({ isFolder }, entry) =>
        isFolder ? [] : [{ entry, destinations: [path.join(staging, String(entry))] }],
      );
      const digests = await orRefusal(unpackArchive(archive, steps));
      expect(await readdir(staging)).toHaveLength(digests === undefined ? 0 : steps.length);
      await Promise.all(
        steps.map(({ destinations }) => rm(destinations[0] ?? '', { force: true })),
      );
    }),
    { numRuns: 30, endOnFailure: true },
  );
});
