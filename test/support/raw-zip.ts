import { crc32, deflateRawSync } from 'node:zlib';

/** One member of a zip made by hand, every header field open to a lie. What is left out is made honestly. */
export interface RawMember {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  readonly method?: 'stored' | 'deflate';
  /** Replaces the packed bytes altogether. */
  readonly packed?: Buffer;
  /** Upper half of the external attributes; the lower half is `dosAttributes`. */
  readonly mode?: number;
  readonly dosAttributes?: number;
  /** Sizes and checksum behind the data instead of in front of it. */
  readonly descriptor?: 'signed' | 'bare' | 'signed-long' | 'missing';
  /** Points to this place instead of writing a member of its own. */
  readonly offset?: number;
  /** Put sizes and offset into ZIP64 fields. */
  readonly zip64?: boolean;
  /** In both headers. */
  readonly both?: HeaderFields;
  /** In the local header only. */
  readonly local?: HeaderFields & { readonly name?: string };
  /** In the directory only. */
  readonly central?: HeaderFields;
}

export interface HeaderFields {
  readonly flags?: number;
  readonly method?: number;
  readonly crc32?: number;
  readonly size?: number;
  readonly compressedSize?: number;
}

export interface RawZip {
  /** Bytes in front, with the directory's offsets shifted (`honest`) or not. */
  readonly prefix?: { readonly bytes: Buffer; readonly honest: boolean };
  readonly comment?: Buffer;
  /** Bytes between the directory and its end record. */
  readonly beforeEnd?: Buffer;
  readonly suffix?: Buffer;
  /** Keep only this many bytes. */
  readonly cut?: (length: number) => number;
  readonly zip64?: boolean;
  /** The number of members that the end record claims. */
  readonly count?: number;
}

/** Write a zip byte by byte (APPNOTE 6.3.10 § 4.3), lies included. */
export function rawZip(members: readonly RawMember[], options: RawZip = {}): Buffer {
  const prefix = options.prefix?.bytes ?? Buffer.alloc(0);
  const shift = options.prefix?.honest === true ? prefix.length : 0;
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = shift;
  for (const member of members) {
    const made = member.offset ?? at;
    const { local, central } = headersOf(member, made);
    directory.push(central);
    if (member.offset !== undefined) continue;
    body.push(local);
    at += local.length;
  }
  const rows = Buffer.concat(directory);
  const end = endRecord(options, options.count ?? members.length, rows.length, at);
  const whole = Buffer.concat([
    prefix,
    ...body,
    rows,
    options.beforeEnd ?? Buffer.alloc(0),
    end,
    options.suffix ?? Buffer.alloc(0),
  ]);
  return options.cut === undefined ? whole : whole.subarray(0, options.cut(whole.length));
}

function headersOf(member: RawMember, offset: number): { local: Buffer; central: Buffer } {
  const content = Buffer.from(member.content ?? '');
  const deflated = member.method === 'deflate';
  const packed = member.packed ?? (deflated ? deflateRawSync(content) : content);
  const streamed = member.descriptor !== undefined;
  const name = Buffer.from(member.name);
  const honest = {
    flags: (streamed ? 0x0008 : 0) | (Buffer.isBuffer(member.name) ? 0 : 0x0800),
    method: deflated ? 8 : 0,
    crc32: crc32(content),
    size: content.length,
    compressedSize: packed.length,
  };
  const central = { ...honest, ...member.both, ...member.central };
  const local = {
    ...honest,
    ...(streamed ? { crc32: 0, size: 0, compressedSize: 0 } : {}),
    ...member.both,
    ...member.local,
  };
  const localName = Buffer.from(member.local?.name ?? name);
  const attributes = ((member.mode ?? 0o100644) << 16) | (member.dosAttributes ?? 0);
  const long = member.zip64 === true;
  const localExtra = long ? zip64Extra([local.size, local.compressedSize]) : Buffer.alloc(0);
  const centralExtra = long
    ? zip64Extra([central.size, central.compressedSize, offset])
    : Buffer.alloc(0);
  return {
    local: Buffer.concat([
      u32(0x04034b50),
      u16(20),
      common(local, long),
      u16(localName.length),
      u16(localExtra.length),
      localName,
      localExtra,
      packed,
      descriptor(member, honest),
    ]),
    central: Buffer.concat([
      u32(0x02014b50),
      u16((3 << 8) | 20),
      u16(20),
      common(central, long),
      u16(name.length),
      u16(centralExtra.length),
      u16(0),
      u16(0),
      u16(0),
      u32(attributes >>> 0),
      u32(long ? 0xffff_ffff : offset),
      name,
      centralExtra,
    ]),
  };
}

const common = (fields: Required<HeaderFields>, long: boolean): Buffer =>
  Buffer.concat([
    u16(fields.flags),
    u16(fields.method),
    u32(0x5a21_0000),
    u32(fields.crc32),
    u32(long ? 0xffff_ffff : fields.compressedSize),
    u32(long ? 0xffff_ffff : fields.size),
  ]);

function descriptor(member: RawMember, fields: Required<HeaderFields>): Buffer {
  if (member.descriptor === undefined || member.descriptor === 'missing') return Buffer.alloc(0);
  const size = member.descriptor === 'signed-long' ? u64 : u32;
  return Buffer.concat([
    member.descriptor === 'bare' ? Buffer.alloc(0) : u32(0x08074b50),
    u32(fields.crc32),
    size(fields.compressedSize),
    size(fields.size),
  ]);
}

function endRecord(options: RawZip, count: number, size: number, offset: number): Buffer {
  const comment = options.comment ?? Buffer.alloc(0);
  const long = options.zip64 === true;
  const where = offset + size + (options.beforeEnd?.length ?? 0);
  const zip64 = Buffer.concat([
    ...[u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0)],
    ...[u64(count), u64(count), u64(size), u64(offset)],
    ...[u32(0x07064b50), u32(0), u64(where), u32(1)],
  ]);
  return Buffer.concat([
    long ? zip64 : Buffer.alloc(0),
    ...[u32(0x06054b50), u16(0), u16(0)],
    ...[u16(long ? 0xffff : count), u16(long ? 0xffff : count)],
    ...[u32(long ? 0xffff_ffff : size), u32(long ? 0xffff_ffff : offset)],
    ...[u16(comment.length), comment],
  ]);
}

const zip64Extra = (values: readonly number[]): Buffer =>
  Buffer.concat([u16(1), u16(8 * values.length), ...values.map(u64)]);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
