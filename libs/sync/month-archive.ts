import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { maxBuildBytes, tarEnd, tarHeader, tarPadding } from '#libs/archive';
import { streamDurably } from '#libs/files';
import { readStill } from './still-file.ts';

/** Of one archive, packed: what writes more is stopped by a bound and not by a full disk. */
const maxPackedBytes = 16 * 1024 ** 3;

/**
 * Pack files of a tree into a gzipped tar, file by file, and put it at `target` whole or not at all. What cannot be read
 * is told and left out. Returns its size in bytes.
 * @throws BranchlineError DISK_FULL, WRITE_FAILED, or the abort's reason.
 */
export async function writeMonthArchive(
  root: string,
  names: readonly string[],
  target: string,
  { signal, leftOut }: { signal: AbortSignal; leftOut: (name: string, error: unknown) => void },
): Promise<number> {
  async function* blocks(): AsyncGenerator<Buffer, void, undefined> {
    for (const name of names) {
      signal.throwIfAborted();
      let entry: readonly Buffer[] | undefined;
      try {
        const file = await readStill(root, name, maxBuildBytes);
        const header = file && tarHeader(name, file.bytes.length, file.modifiedMs);
        if (file && header) entry = [header, file.bytes, tarPadding(file.bytes.length)];
      } catch (error) {
        leftOut(name, error);
      }
      if (entry !== undefined) yield* entry.filter(({ length }) => length > 0);
    }
    yield tarEnd;
  }
  // Its failure is thrown to whoever reads the packed bytes.
  const packed = pipeline(
    Readable.from(blocks(), { objectMode: true }),
    createGzip(),
    () => undefined,
  );
  return await streamDurably(target, packed, { maxBytes: maxPackedBytes });
}
