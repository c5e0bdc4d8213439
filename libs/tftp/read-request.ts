import type { ServedFile } from '#libs/delivery';
import type { FlowPlan } from './block-flow.ts';
import type { FrameLease } from './frame-cache.ts';
import { decodePacket, type Options, type Packet } from './packet.ts';

/** The answer to a request as long as the file is the same: every phone that sends these bytes gets it. */
export interface PreparedAnswer {
  readonly file: ServedFile;
  readonly plan: FlowPlan;
  readonly oack: Buffer;
  readonly lease: FrameLease;
}

export interface ReadRequest {
  readonly file: string;
  readonly netascii: boolean;
  readonly options: Options;
  /** Equal for a repeated request. */
  readonly fingerprint: string;
  /** For a small file in memory, once somebody has asked for it. */
  prepared?: PreparedAnswer;
}

/** Requests that are remembered; with each, a file of 64 KiB at most. */
const maxRequests = 256;
/** Bytes; telephones send some eighty. */
const maxRemembered = 256;

/** Read requests by their bytes: a building of telephones sends the same ones again and again. */
export class RequestBook {
  readonly #requests = new Map<string, ReadRequest>();

  /**
   * The read request in a datagram, or whatever else it is.
   * @throws BranchlineError PACKET_MALFORMED, as `decodePacket`.
   */
  read(datagram: Buffer): ReadRequest | Packet {
    if (datagram.length > maxRemembered) return asRequest(decodePacket(datagram), datagram);
    const known = this.#requests.get(datagram.toString('latin1'));
    if (known !== undefined) return known;
    const read = asRequest(decodePacket(datagram), datagram);
    if ('fingerprint' in read) {
      // All at once: what is asked for is soon here again.
      if (this.#requests.size >= maxRequests) this.#requests.clear();
      this.#requests.set(read.fingerprint, read);
    }
    return read;
  }
}

function asRequest(packet: Packet, datagram: Buffer): ReadRequest | Packet {
  if (packet.kind !== 'read') return packet;
  const { file, mode, options } = packet;
  if (mode !== 'octet' && mode !== 'netascii') return packet;
  return { file, netascii: mode === 'netascii', options, fingerprint: datagram.toString('latin1') };
}
