import { parseExtraFields } from 'yauzl';
import type { ArchiveReader } from './archive-reader.ts';
import { refusal } from './refusal.ts';

/** What the archive's directory says about a member, as far as its local header must agree (APPNOTE 4.3.7, 4.3.12). */
export interface Declared {
  readonly name: string;
  readonly rawName: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

/** Where a member lies: packed bytes from `dataOffset`, all that belongs to it up to `end`. */
export interface Extent {
  readonly dataOffset: number;
  readonly end: number;
}

const SIGNATURE = 0x04034b50;
const FIXED = 30;
const IN_ZIP64 = 0xffff_ffff;
const FLAG_DESCRIPTOR = 0x0008;
/** Encryption, descriptor, patch data, strong encryption, UTF-8, masked header: the bits that change the meaning. */
const FLAGS_THAT_MATTER = 0x2869;

/**
 * Read a member's local header and hold it against the directory: programs that read the one or the other must see the
 * same file.
 * @throws BranchlineError ARCHIVE_HEADERS_DIFFER; ARCHIVE_OVERLAP when its data reaches into the directory.
 */
export async function checkLocalHeader(
  reader: ArchiveReader,
  archive: string,
  declared: Declared,
  directoryStart: number,
): Promise<Extent> {
  const differs = (what: string): Error =>
    refusal(
      'ARCHIVE_HEADERS_DIFFER',
      archive,
      declared.name,
      `its own header disagrees with the directory about ${what}`,
    );
  const fixed = Buffer.from(await reader.bytesAt(declared.offset, FIXED));
  if (fixed.readUInt32LE(0) !== SIGNATURE) throw differs('where it begins');
  const nameLength = fixed.readUInt16LE(26);
  const extraLength = fixed.readUInt16LE(28);
  const rest = await reader.bytesAt(declared.offset + FIXED, nameLength + extraLength);
  if (!rest.subarray(0, nameLength).equals(declared.rawName)) throw differs('its name');
  const flags = fixed.readUInt16LE(6);
  if (((flags ^ declared.flags) & FLAGS_THAT_MATTER) !== 0) throw differs('its flags');
  if (fixed.readUInt16LE(8) !== declared.method) throw differs('its method');

  const local = { crc32: fixed.readUInt32LE(14), ...sizesOf(fixed, rest.subarray(nameLength)) };
  const agrees =
    local.crc32 === declared.crc32 &&
    local.compressedSize === declared.compressedSize &&
    local.size === declared.size;
  const streamed = (flags & FLAG_DESCRIPTOR) !== 0;
  const postponed =
    streamed &&
    [0, declared.crc32].includes(local.crc32) &&
    [0, declared.compressedSize].includes(local.compressedSize) &&
    [0, declared.size].includes(local.size);
  if (!agrees && !postponed) throw differs('its sizes or checksum');

  const dataOffset = declared.offset + FIXED + nameLength + extraLength;
  const dataEnd = dataOffset + declared.compressedSize;
  if (dataEnd > directoryStart) {
    throw refusal('ARCHIVE_OVERLAP', archive, declared.name, 'its data overlaps the directory');
  }
  if (!streamed) return { dataOffset, end: dataEnd };
  const length = await descriptorLength(reader, dataEnd, directoryStart, declared);
  // Some packers fill in the local header afterwards and leave the descriptor out: then nothing is in doubt.
  if (length === undefined && !agrees) throw differs('its sizes or checksum');
  return { dataOffset, end: dataEnd + (length ?? 0) };
}

function sizesOf(fixed: Buffer, extra: Buffer): { compressedSize: number; size: number } {
  let compressedSize = fixed.readUInt32LE(18);
  let size = fixed.readUInt32LE(22);
  if (compressedSize !== IN_ZIP64 && size !== IN_ZIP64) return { compressedSize, size };
  const zip64 = parseExtraFields(extra).find((field) => field.id === 1)?.data;
  let at = 0;
  const next = (): number => {
    if (zip64 === undefined || zip64.length < at + 8) throw new Error('a ZIP64 size is missing');
    at += 8;
    return Number(zip64.readBigUInt64LE(at - 8));
  };
  // In this order in the extra field, and only those that did not fit (APPNOTE 4.5.3).
  if (size === IN_ZIP64) size = next();
  if (compressedSize === IN_ZIP64) compressedSize = next();
  return { compressedSize, size };
}

/** Bytes of the data descriptor behind the data, with or without signature, with short or long sizes (APPNOTE 4.3.9). */
async function descriptorLength(
  reader: ArchiveReader,
  at: number,
  limit: number,
  declared: Declared,
): Promise<number | undefined> {
  const bytes = await reader.bytesAt(at, Math.min(24, limit - at));
  const shapes = [
    { length: 24, signed: true },
    { length: 20, signed: false },
    { length: 16, signed: true },
    { length: 12, signed: false },
  ];
  return shapes.find(({ length, signed }) => {
    if (bytes.length < length) return false;
    if (signed && bytes.readUInt32LE(0) !== 0x08074b50) return false;
    const from = signed ? 4 : 0;
    const long = length - from === 20;
    const sizeAt = (index: number): number =>
      long
        ? Number(bytes.readBigUInt64LE(from + 4 + 8 * index))
        : bytes.readUInt32LE(from + 4 + 4 * index);
    return (
      bytes.readUInt32LE(from) === declared.crc32 &&
      sizeAt(0) === declared.compressedSize &&
      sizeAt(1) === declared.size
    );
  })?.length;
}
