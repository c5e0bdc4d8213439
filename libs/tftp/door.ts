import type { Transfer } from '#libs/delivery';
import { asBranchlineError, type ErrorCode } from '#libs/errors';
import type { RareLog } from '#libs/observe';
import { Conversation, type ConversationContext } from './conversation.ts';
import { Departed } from './departed.ts';
import type { DatagramPort } from './datagram-port.ts';
import { ackedBlock, decodePacket, tftpError, type Packet } from './packet.ts';
import type { Peer } from './peer.ts';
import { RequestBook, type ReadRequest } from './read-request.ts';
import { refusal, refusedRequest } from './refusal.ts';

/** What the doors of a server share, beyond what their conversations do. */
export interface DoorContext extends ConversationContext {
  readonly rareLog: RareLog;
  /** Register a new conversation, or say no: the phone then hears nothing and asks again. */
  admit(conversation: Conversation): boolean;
  refused(transfer: Transfer): void;
}

/** A repeated request this long after the phone was last heard, in milliseconds, is a phone that starts again. */
const echoMs = 1000;

/**
 * The request port on one local address, the ports that answer from there (their numbers are our transfer identifiers,
 * RFC 1350, section 4), and who talks to which. Standing ports cost a small file half of what a port per transfer does.
 */
export class Door {
  readonly #context: DoorContext;
  readonly #byPeer = new Map<string, Conversation>();
  readonly #departed = new Departed();
  readonly #requests = new RequestBook();
  #lines: readonly DatagramPort[] = [];
  #turn = Math.floor(Math.random() * 256);

  constructor(context: DoorContext) {
    this.#context = context;
  }

  /** The ports to answer from: standing ones, or only the request port itself. */
  answerFrom(lines: readonly DatagramPort[]): void {
    this.#lines = lines;
  }

  /** A datagram on the request port. */
  onRequest(datagram: Buffer, peer: Peer): void {
    const asked = this.#understand(() => this.#requests.read(datagram), peer);
    if (asked === undefined) return;
    if ('fingerprint' in asked) {
      this.#onRead(asked, peer);
    } else if (asked.kind === 'read') {
      const { file } = asked;
      this.#refuse(peer, file, 'PACKET_MALFORMED', tftpError.illegalOperation, 'Unknown mode');
    } else if (asked.kind === 'write') {
      this.#refuse(peer, asked.file, 'WRITE_REFUSED', tftpError.accessViolation, 'Read only');
    }
  }

  /** A datagram on a port that answers. */
  onReply(line: DatagramPort, datagram: Buffer, peer: Peer): void {
    const conversation = this.#byPeer.get(peer.key);
    const block = ackedBlock(datagram);
    if (conversation === undefined || conversation.line !== line) {
      this.#onStranger(line, datagram, peer);
    } else if (block !== undefined) {
      conversation.onAck(block, this.#context.now());
    } else {
      const packet = this.#decode(datagram, peer);
      if (packet?.kind === 'error') conversation.onError(packet.code, packet.message);
    }
  }

  /** Requests and replies on one port: the single-port mode for firewalls. */
  onEither(line: DatagramPort, datagram: Buffer, peer: Peer): void {
    const isRequest = datagram[0] === 0 && (datagram[1] === 1 || datagram[1] === 2);
    if (isRequest) this.onRequest(datagram, peer);
    else this.onReply(line, datagram, peer);
  }

  /** To be called when a conversation of this door is over. */
  forget(conversation: Conversation): void {
    const key = conversation.peer.key;
    if (this.#byPeer.get(key) !== conversation) return;
    this.#byPeer.delete(key);
    this.#departed.add(key, conversation.line);
  }

  #onRead(request: ReadRequest, peer: Peer): void {
    const key = peer.key;
    const current = this.#byPeer.get(key);
    if (current !== undefined) {
      if (current.request.fingerprint === request.fingerprint) {
        if (!current.proven) {
          current.onRepeatedRequest();
          return;
        }
        // The last acknowledgement and the next request reach different ports of ours, in any order.
        if (!current.finishing && this.#context.now() - current.heardAt < echoMs) return;
      }
      current.end('PHONE_STOPPED');
    }
    const line = this.#lineFor(key);
    if (line === undefined) return;
    const conversation = new Conversation(this.#context, request, peer, plain(peer.address), line);
    if (!this.#context.admit(conversation)) return;
    this.#byPeer.set(key, conversation);
    conversation.open();
  }

  /** RFC 1350, section 4: tell a stranger, and leave the transfer alone. An ERROR is never answered. */
  #onStranger(line: DatagramPort, datagram: Buffer, peer: Peer): void {
    const packet = this.#decode(datagram, peer);
    if (packet === undefined || packet.kind === 'error') return;
    if (this.#departed.lineOf(peer.key) === line) return;
    const answer = refusal(tftpError.unknownTransfer, 'Unknown transfer ID');
    line.send(answer, 0, answer.length, answer.length, peer);
  }

  #decode(datagram: Buffer, peer: Peer): Packet | undefined {
    return this.#understand(() => decodePacket(datagram), peer);
  }

  #understand<T>(read: () => T, peer: Peer): T | undefined {
    try {
      return read();
    } catch (thrown) {
      const { code, message } = asBranchlineError(thrown);
      this.#context.rareLog.warn('malformed datagram', { address: peer.address, code, message });
      return undefined;
    }
  }

  #refuse(peer: Peer, name: string, code: ErrorCode, tftpCode: number, text: string): void {
    const answer = refusal(tftpCode, text);
    this.#lineFor(peer.key)?.send(answer, 0, answer.length, answer.length, peer);
    this.#context.refused(refusedRequest(plain(peer.address), name, code));
  }

  /** Ports in turn, but not the one that this peer used last. */
  #lineFor(key: string): DatagramPort | undefined {
    this.#turn += 1;
    const line = this.#lines[this.#turn % this.#lines.length];
    if (line !== this.#departed.lineOf(key) || this.#lines.length === 1) return line;
    return this.#lines[(this.#turn + 1) % this.#lines.length];
  }
}

/** An IPv4 phone on a socket for both families. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
