import { open } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import type { Archive, ArchiveEntry } from './archive.ts';
import { defaultLimits, type ArchiveLimits } from './archive-limits.ts';
import { ArchiveReader } from './archive-reader.ts';
import { checkCentralEntry, type CentralEntry } from './central-entry.ts';
import { checkLocalHeader, type Extent } from './local-header.ts';
import { refuseClashes } from './member-names.ts';
import { refusal } from './refusal.ts';

/**
 * Read the directory of a zip and judge every member before one byte is unpacked. One bad member refuses the whole
 * archive. Archives inside are files like any other and are not opened.
 * @throws BranchlineError ARCHIVE_*, naming archive and member; a failing disk's own error.
 */
export async function inspectArchive(
  path: string,
  limits: ArchiveLimits = defaultLimits,
): Promise<Archive> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > limits.archiveBytes) {
      const why = `it has ${size} bytes, at most ${limits.archiveBytes} are allowed`;
      throw refusal('ARCHIVE_LIMIT', path, undefined, why);
    }
    return await inspect(new ArchiveReader(handle, size), path, limits);
  } catch (error) {
    throw asRefusal(error, path);
  } finally {
    await handle.close();
  }
}

async function inspect(
  reader: ArchiveReader,
  path: string,
  limits: ArchiveLimits,
): Promise<Archive> {
  const zip = await fromRandomAccessReaderPromise(reader, reader.size, {
    // Names and sizes are judged here, each with its own code.
    decodeStrings: false,
    validateEntrySizes: false,
  });
  const directoryStart = cursorOf(zip);
  const rows = await readDirectory(zip, path, limits);
  await refuseTail(reader, path, cursorOf(zip), zip.comment.length);
  const totalBytes = rows.reduce((sum, row) => sum + row.size, 0);
  if (totalBytes > limits.totalBytes) {
    const why = `its members claim ${totalBytes} bytes, at most ${limits.totalBytes} are allowed`;
    throw refusal('ARCHIVE_LIMIT', path, undefined, why);
  }
  refuseClashes(path, rows);
  const extents = await readExtents(reader, path, rows, directoryStart);
  return {
    path,
    entries: rows.map((row) => asEntry(row, extents)),
    totalBytes,
  };
}

async function readDirectory(
  zip: ZipFile,
  path: string,
  limits: ArchiveLimits,
): Promise<CentralEntry[]> {
  if (zip.entryCount > limits.entries) {
    zip.close();
    const why = `it has ${zip.entryCount} members, at most ${limits.entries} are allowed`;
    throw refusal('ARCHIVE_LIMIT', path, undefined, why);
  }
  const rows: CentralEntry[] = [];
  for await (const entry of zip.eachEntry()) rows.push(checkCentralEntry(path, entry, limits));
  return rows;
}

/** Read the local headers in the order of the disk; members may neither share bytes nor leave some in front. */
async function readExtents(
  reader: ArchiveReader,
  path: string,
  rows: readonly CentralEntry[],
  directoryStart: number,
): Promise<Map<CentralEntry, Extent>> {
  const extents = new Map<CentralEntry, Extent>();
  const inOrder = rows.toSorted((a, b) => a.offset - b.offset);
  if ((inOrder[0]?.offset ?? directoryStart) !== 0) {
    throw refusal('ARCHIVE_UNREADABLE', path, undefined, 'something else stands in front of it');
  }
  let end = 0;
  for (const row of inOrder) {
    if (row.offset < end) {
      throw refusal('ARCHIVE_OVERLAP', path, row.name, 'it overlaps the member in front of it');
    }
    const extent = await checkLocalHeader(reader, path, row, directoryStart);
    extents.set(row, extent);
    end = extent.end;
  }
  return extents;
}

/** The directory must be followed by its end record at once: bytes between them are read by some programs only. */
async function refuseTail(
  reader: ArchiveReader,
  path: string,
  directoryEnd: number,
  commentLength: number,
): Promise<void> {
  let end = reader.size - commentLength - 22;
  if (end >= 20) {
    const locator = await reader.bytesAt(end - 20, 20);
    if (locator.readUInt32LE(0) === 0x07064b50) {
      const record = Number(locator.readBigUInt64LE(8));
      const length = Number((await reader.bytesAt(record, 12)).readBigUInt64LE(4)) + 12;
      end = record + length === end - 20 ? record : -1;
    }
  }
  if (directoryEnd === end) return;
  const why = 'its directory does not end where it says';
  throw refusal('ARCHIVE_UNREADABLE', path, undefined, why);
}

function asEntry(row: CentralEntry, extents: ReadonlyMap<CentralEntry, Extent>): ArchiveEntry {
  return {
    name: row.name,
    isFolder: row.isFolder,
    size: row.size,
    compressedSize: row.compressedSize,
    crc32: row.crc32,
    method: row.method === 0 ? 'stored' : 'deflate',
    dataOffset: extents.get(row)?.dataOffset ?? 0,
  };
}

/** Where yauzl reads next; a number, whatever its type declarations say. */
const cursorOf = (zip: ZipFile): number => Number(zip.readEntryCursor);

function asRefusal(thrown: unknown, path: string): unknown {
  if (thrown instanceof BranchlineError || !(thrown instanceof Error)) return thrown;
  // A disk that cannot be read is not the archive's fault; Node's own range errors (ERR_…) are.
  const code = systemCode(thrown) ?? '';
  if (/^E(?!RR_)/.test(code)) return thrown;
  const kind = /encrypt/i.test(thrown.message) ? 'ARCHIVE_ENCRYPTED' : 'ARCHIVE_UNREADABLE';
  return refusal(kind, path, undefined, asClause(thrown.message), { cause: thrown });
}

/** A sentence of somebody else, as a part of ours. */
const asClause = (text: string): string =>
  text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
