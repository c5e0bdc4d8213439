import { tftpError, type Options, type Packet } from './packet.ts';

/**
 * True when a packet can be the first answer to a read request with these options (RFC 1350, section 4; RFC 2347). Whoever asks from
 * a port that another transfer has just left also hears the last packets of that one, sent again.
 */
export function answersRead(packet: Packet, asked: Options): boolean {
  switch (packet.kind) {
    case 'data':
      // Without an OACK a block has at most 512 bytes, whatever was asked for.
      return packet.block === 1 && packet.bytes.length <= 512;
    case 'oack':
      return packet.options.size > 0 && [...packet.options].every((each) => agrees(each, asked));
    case 'error':
      return packet.code !== tftpError.unknownTransfer;
    case 'ack':
    case 'read':
    case 'write':
      return false;
  }
}

/** A server may lower a block or window size (RFC 2348, RFC 7440); of other options it says what it has. */
function agrees([name, value]: readonly [string, string], asked: Options): boolean {
  const wanted = asked.get(name);
  if (wanted === undefined) return false;
  return name === 'tsize' || Number(value) <= Number(wanted);
}
