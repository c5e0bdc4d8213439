import { BranchlineError } from '#libs/errors';

/** The error codes of RFC 1350 (appendix) and RFC 2347. */
export const tftpError = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
} as const;

/** Asked option names (lower case) and values, in the order of the packet, each name once. */
export type Options = ReadonlyMap<string, string>;

export interface RequestPacket {
  kind: 'read' | 'write';
  file: string;
  mode: string;
  options: Options;
}

/** The packets of RFC 1350 and RFC 2347. `mode` is in lower case; `block` is the 16 bit number of the wire. */
export type Packet =
  | RequestPacket
  | { kind: 'data'; block: number; bytes: Buffer }
  | { kind: 'ack'; block: number }
  | { kind: 'error'; code: number; message: string }
  | { kind: 'oack'; options: Options };

/** Largest block of RFC 2348, in bytes. */
export const maxBlockSize = 65_464;
/** Opcode and block number, in bytes. */
export const dataHeaderSize = 4;

const maxRequestBytes = 1024;
const maxOptions = 16;
const opcodes = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

const malformed = (what: string): BranchlineError =>
  new BranchlineError('PACKET_MALFORMED', `TFTP datagram refused: ${what}`);

/**
 * Read one datagram.
 * @throws BranchlineError PACKET_MALFORMED for everything that is no packet of these RFCs or is out of bounds.
 */
export function decodePacket(datagram: Buffer): Packet {
  if (datagram.length < 4) throw malformed(`${datagram.length} bytes are too few`);
  const opcode = datagram.readUInt16BE(0);
  switch (opcode) {
    case opcodes.read:
      return decodeRequest('read', datagram);
    case opcodes.write:
      return decodeRequest('write', datagram);
    case opcodes.data:
      if (datagram.length > dataHeaderSize + maxBlockSize) throw malformed('block too large');
      return {
        kind: 'data',
        block: datagram.readUInt16BE(2),
        bytes: datagram.subarray(dataHeaderSize),
      };
    case opcodes.ack:
      return { kind: 'ack', block: datagram.readUInt16BE(2) };
    case opcodes.error: {
      const text = datagram.subarray(4, maxRequestBytes);
      const end = text.indexOf(0);
      return {
        kind: 'error',
        code: datagram.readUInt16BE(2),
        message: text.toString('utf8', 0, end === -1 ? text.length : end),
      };
    }
    case opcodes.oack:
      return { kind: 'oack', options: decodeOptions(fieldsOf(datagram)) };
    default:
      throw malformed(`opcode ${opcode} is unknown`);
  }
}

/** The inverse of `decodePacket`. */
export function encodePacket(packet: Packet): Buffer {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return encodeFields(opcodes[packet.kind], [
        packet.file,
        packet.mode,
        ...[...packet.options].flat(),
      ]);
    case 'oack':
      return encodeFields(opcodes.oack, [...packet.options].flat());
    case 'data':
      return Buffer.concat([header(opcodes.data, packet.block), packet.bytes]);
    case 'ack':
      return header(opcodes.ack, packet.block);
    case 'error':
      return Buffer.concat([
        header(opcodes.error, packet.code),
        Buffer.from(`${packet.message}\0`),
      ]);
  }
}

/** The block number of an ACK, or undefined for any other datagram: the hot path, without an object. */
export function ackedBlock(datagram: Buffer): number | undefined {
  return datagram.length >= 4 && datagram[0] === 0 && datagram[1] === opcodes.ack
    ? datagram.readUInt16BE(2)
    : undefined;
}

/** Write the four bytes before a block's data into `target` at `offset`. */
export function writeDataHeader(target: Buffer, offset: number, block: number): void {
  target.writeUInt16BE(opcodes.data, offset);
  target.writeUInt16BE(block, offset + 2);
}

function decodeRequest(kind: 'read' | 'write', datagram: Buffer): Packet {
  const [file, mode, ...options] = fieldsOf(datagram);
  if (file === undefined || file === '') throw malformed('the request names no file');
  if (mode === undefined) throw malformed('the request names no mode');
  return { kind, file, mode: mode.toLowerCase(), options: decodeOptions(options) };
}

/** The NUL-terminated strings after the opcode. An unterminated tail is dropped: some boot ROMs pad. */
function fieldsOf(datagram: Buffer): string[] {
  if (datagram.length > maxRequestBytes) throw malformed(`${datagram.length} bytes are too many`);
  const fields: string[] = [];
  for (let from = 2; ;) {
    const end = datagram.indexOf(0, from);
    if (end === -1) return fields;
    fields.push(datagram.toString('utf8', from, end));
    from = end + 1;
  }
}

/** Pairs of name and value; the first of a repeated name counts (RFC 2347 allows each once), an empty name is padding. */
function decodeOptions(fields: readonly string[]): Options {
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index]?.toLowerCase() ?? '';
    const value = fields[index + 1] ?? '';
    if (name === '') break;
    if (index / 2 >= maxOptions) throw malformed(`more than ${maxOptions} options`);
    if (!options.has(name)) options.set(name, value);
  }
  return options;
}

function header(opcode: number, second: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt16BE(opcode, 0);
  bytes.writeUInt16BE(second, 2);
  return bytes;
}

function encodeFields(opcode: number, fields: readonly string[]): Buffer {
  return Buffer.from(`\0${String.fromCharCode(opcode)}${fields.map((f) => `${f}\0`).join('')}`);
}
