import { isUtf8 } from 'node:buffer';
import { getFileNameLowLevel, type Entry } from 'yauzl';
import type { ArchiveLimits } from './archive-limits.ts';
import type { Declared } from './local-header.ts';
import { memberName, type MemberName } from './member-names.ts';
import { refusal } from './refusal.ts';

/** One row of the archive's directory, judged by itself. */
export interface CentralEntry extends MemberName, Declared {}

const FLAG_ENCRYPTED = 0x2041;
const FLAG_PATCH = 0x0020;
const FLAG_UTF8 = 0x0800;
const STORED = 0;
const DEFLATE = 8;
/** No deflate stream expands further (RFC 1951: 258 bytes from two bits): a claim beyond is a lie, not a bomb. */
const DEFLATE_MAX_RATIO = 1032;

/**
 * Judge one row of the directory by itself; how rows meet one another is looked at when all are known.
 * @throws BranchlineError ARCHIVE_NAME_UNSAFE, _ENTRY_KIND, _ENCRYPTED, _METHOD_UNKNOWN, _SIZE_LIES or _LIMIT.
 */
export function checkCentralEntry(
  archive: string,
  entry: Entry,
  limits: ArchiveLimits,
): CentralEntry {
  const member = memberName(archive, decodedName(archive, entry), limits);
  const row: CentralEntry = {
    ...member,
    rawName: entry.fileNameRaw,
    flags: entry.generalPurposeBitFlag,
    method: entry.compressionMethod,
    crc32: entry.crc32,
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    offset: entry.relativeOffsetOfLocalHeader,
  };
  refuseKind(archive, row, entry.externalFileAttributes);
  if ((row.flags & FLAG_ENCRYPTED) !== 0) {
    throw refusal('ARCHIVE_ENCRYPTED', archive, row.name, 'it is encrypted');
  }
  if ((row.method !== STORED && row.method !== DEFLATE) || (row.flags & FLAG_PATCH) !== 0) {
    const why = `its compression method ${row.method} is not supported`;
    throw refusal('ARCHIVE_METHOD_UNKNOWN', archive, row.name, why);
  }
  refuseSizes(archive, row, limits);
  return row;
}

function decodedName(archive: string, entry: Entry): string {
  const { fileNameRaw: raw, generalPurposeBitFlag: flags } = entry;
  if ((flags & FLAG_UTF8) !== 0 && !isUtf8(raw)) {
    const why = 'its name claims to be UTF-8 and is not';
    throw refusal('ARCHIVE_NAME_UNSAFE', archive, raw.toString('latin1'), why);
  }
  return getFileNameLowLevel(flags, raw, entry.extraFields, true);
}

/** Only plain files and folders. Unix modes sit in the upper half, DOS attributes in the lower (APPNOTE 4.4.15). */
function refuseKind(archive: string, row: CentralEntry, attributes: number): void {
  const mode = attributes >>> 16;
  const kind = mode & 0o170000;
  const refuse = (why: string): Error => refusal('ARCHIVE_ENTRY_KIND', archive, row.name, why);
  if (kind === 0o120000) throw refuse('it is a symbolic link');
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000)
    throw refuse('it is a device or socket');
  const saysFolder = kind === 0 ? undefined : kind === 0o040000;
  const dosFolder = (attributes & 0x10) !== 0;
  if ((saysFolder ?? row.isFolder) !== row.isFolder || (dosFolder && !row.isFolder)) {
    throw refuse('it is a folder by its name or by its attributes, but not by both');
  }
  // Folders inherit these bits from where they were packed, and nobody sets them here.
  if (!row.isFolder && (mode & 0o6000) !== 0) throw refuse('it asks to run as somebody else');
}

function refuseSizes(archive: string, row: CentralEntry, limits: ArchiveLimits): void {
  const { size, compressedSize, method } = row;
  const lies = (why: string): Error => refusal('ARCHIVE_SIZE_LIES', archive, row.name, why);
  const claim = `it claims ${size} bytes from ${compressedSize}`;
  if (row.isFolder && size !== 0) throw lies('it is a folder and claims to have bytes');
  if (method === STORED && size !== compressedSize) throw lies(`it is stored, yet ${claim}`);
  if (method === DEFLATE && size > compressedSize * DEFLATE_MAX_RATIO) {
    throw lies(`${claim}, which is impossible`);
  }
  if (size > limits.memberBytes) {
    const why = `it claims ${size} bytes, at most ${limits.memberBytes} are allowed`;
    throw refusal('ARCHIVE_LIMIT', archive, row.name, why);
  }
  if (size > limits.ratioFromBytes && size > compressedSize * limits.ratio) {
    const why = `${claim}, more than ${limits.ratio} to 1`;
    throw refusal('ARCHIVE_LIMIT', archive, row.name, why);
  }
}
