import { asBranchlineError, type BranchlineError, type ErrorCode } from '#libs/errors';
import type { Delivery, ServedFile, Transfer } from '#libs/delivery';
import type { Turns } from '#libs/lifecycle';
import type { Logger, TransferOutcome } from '#libs/observe';
import { BlockFlow, type FlowPlan, type Step } from './block-flow.ts';
import type { DatagramPort } from './datagram-port.ts';
import type { FrameCache, FrameLease } from './frame-cache.ts';
import type { FramedFile, Piece } from './framed-file.ts';
import { negotiate, type NegotiationLimits } from './negotiate.ts';
import { NetasciiFile } from './netascii-file.ts';
import { encodePacket } from './packet.ts';
import type { Peer } from './peer.ts';
import type { PreparedAnswer, ReadRequest } from './read-request.ts';
import { refusalFor, shortName } from './refusal.ts';

/** What all conversations of a server share. */
export interface ConversationContext {
  readonly delivery: Delivery;
  readonly cache: FrameCache;
  readonly finding: Turns;
  readonly limits: NegotiationLimits;
  readonly strictTimeout: boolean;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  now(): number;
  /** Keep hold of work that nobody awaits, until the server stops. */
  track(work: Promise<void>): void;
  /** The phone has acknowledged something for the first time. */
  proven(conversation: Conversation): void;
  ended(conversation: Conversation, transfer: Transfer): void;
}

/** Bytes up to which the answer to a request is held ready. */
const preparedBytes = 64 * 1024;

/** One read request and the download that follows: the transfer's steps carried out on one port. */
export class Conversation {
  readonly request: ReadRequest;
  readonly peer: Peer;
  /** The peer's address without the IPv6 wrapping of an IPv4 address. */
  readonly address: string;
  /** Our end: its port is our transfer identifier. */
  readonly line: DatagramPort;
  /** When the phone was last heard, in the context's milliseconds. */
  heardAt: number;
  readonly #context: ConversationContext;
  readonly #startedAt: number;
  #flow: BlockFlow | undefined;
  #name: string;
  #insteadOf: string | undefined;
  #oack: Buffer | undefined;
  #proven = false;
  #lease: FrameLease | undefined;
  #over = false;

  constructor(
    context: ConversationContext,
    request: ReadRequest,
    peer: Peer,
    address: string,
    line: DatagramPort,
  ) {
    this.#context = context;
    this.request = request;
    this.peer = peer;
    this.address = address;
    this.line = line;
    this.#name = shortName(request.file);
    this.#startedAt = context.now();
    this.heardAt = this.#startedAt;
  }

  /** True once the phone has acknowledged anything. */
  get proven(): boolean {
    return this.#proven;
  }

  /** True when the phone may have everything already. */
  get finishing(): boolean {
    return this.#flow?.finishing ?? false;
  }

  /** Look for the file and answer; refusals are answered too. */
  open(): void {
    const { delivery } = this.#context;
    const { file: name, netascii } = this.request;
    const asked =
      !netascii &&
      delivery.findSoon?.({ tree: 'TFTP', name, address: this.address }, (found) => {
        if (!this.#over) this.#takeSoon(found);
      });
    if (asked !== true) this.#openLater();
  }

  /** What is in memory is answered without a promise: a promise of each step is half the price of a small file. */
  #takeSoon(found: ServedFile | undefined): void {
    if (found === undefined || found.size > preparedBytes) {
      this.#openLater();
      return;
    }
    const { request } = this;
    let { prepared } = request;
    if (prepared?.file !== found) {
      prepared = this.#prepare(found);
      request.prepared = prepared;
    }
    this.#name = found.name;
    this.#begin(prepared.lease, prepared.plan, prepared.oack);
  }

  #prepare(file: ServedFile): PreparedAnswer {
    const { cache, limits, strictTimeout } = this.#context;
    const agreement = negotiate(this.request.options, file.size, limits);
    return {
      file,
      plan: { ...agreement, size: file.size, strictTimeout },
      oack: encodePacket({ kind: 'oack', options: agreement.acknowledged }),
      lease: cache.hold(file, agreement.blockSize, agreement.rollover),
    };
  }

  #begin(lease: FrameLease, plan: FlowPlan, oack: Buffer): void {
    this.#lease = lease;
    this.#oack = oack;
    this.#flow = new BlockFlow(plan);
    this.#carryOut(this.#flow.start());
  }

  #openLater(): void {
    this.#context.track(
      this.#open().catch((error: unknown) => {
        this.#fail('refused', asBranchlineError(error));
      }),
    );
  }

  onAck(block: number, now: number): void {
    this.heardAt = now;
    const flow = this.#flow;
    if (flow === undefined) return;
    const step = flow.onAck(block, now);
    if (flow.proven && !this.#proven) {
      this.#proven = true;
      this.#context.proven(this);
    }
    this.#carryOut(step, now);
  }

  /** The phone gives up, or only wanted to know the size. */
  onError(code: number, message: string): void {
    this.#context.log.debug(
      { address: this.address, file: this.#name, code, message },
      'phone ended a transfer',
    );
    this.end('PHONE_STOPPED');
  }

  onRepeatedRequest(): void {
    const step = this.#flow?.onRepeatedRequest();
    if (step !== undefined) this.#carryOut(step);
  }

  onTick(now: number): void {
    if (this.#flow !== undefined && this.#flow.deadline <= now) {
      this.#carryOut(this.#flow.onDeadline());
    }
  }

  /** End it without another packet to the phone. */
  end(code: ErrorCode): void {
    this.#finish('failed', code);
  }

  /** End it and tell the phone. */
  abort(code: ErrorCode): void {
    if (this.#over) return;
    this.#sendPacket(refusalFor(code));
    this.#finish('failed', code);
  }

  async #open(): Promise<void> {
    const { delivery, finding, cache, limits, strictTimeout } = this.#context;
    const { file: name, netascii, options } = this.request;
    await finding.take(async () => {
      if (this.#isOver()) return;
      const found = await delivery.find({ tree: 'TFTP', name, address: this.address });
      this.#name = found.name;
      this.#insteadOf = found.insteadOf && shortName(found.insteadOf);
      const served = netascii ? await asNetascii(found) : found;
      const agreement = negotiate(options, served.size, limits);
      const lease = await cache.lease(served, agreement.blockSize, agreement.rollover);
      if (this.#isOver()) {
        await lease.release();
        return;
      }
      const oack = encodePacket({ kind: 'oack', options: agreement.acknowledged });
      this.#begin(lease, { ...agreement, size: served.size, strictTimeout }, oack);
    });
  }

  /** `now` where the caller has just looked: the clock is a tenth of what our part of a packet costs. */
  #carryOut(step: Step, now?: number): void {
    switch (step.kind) {
      case 'wait':
        return;
      case 'oack':
        if (this.#oack !== undefined) this.#sendPacket(this.#oack);
        this.#flow?.sent(this.#context.now());
        return;
      case 'blocks':
        this.#sendBlocks(step.first, step.count, now);
        return;
      case 'done':
        this.#finish('done');
        return;
      case 'silent':
        this.#finish('failed', 'PHONE_SILENT');
    }
  }

  #sendBlocks(first: number, count: number, now?: number): void {
    const frames = this.#lease?.frames;
    if (frames === undefined) return;
    const end = first + count;
    const piece = frames.pieceOf(first);
    if (piece !== undefined && piece.firstBlock + piece.blocks >= end) {
      this.#sendPiece(piece, frames.packetSize, first, end);
      this.#sentBlocks(frames, end, now);
      return;
    }
    const pieces: Piece[] = [];
    for (let block = first; block < end;) {
      const next = frames.pieceOf(block);
      if (next === undefined) {
        this.#context.track(this.#bring(first, count));
        return;
      }
      pieces.push(next);
      block = next.firstBlock + next.blocks;
    }
    this.#sendPieces(pieces, first, end);
  }

  async #bring(first: number, count: number): Promise<void> {
    try {
      const frames = this.#lease?.frames;
      const pieces: Piece[] = [];
      for (let block = first; frames !== undefined && block < first + count;) {
        const piece = frames.pieceOf(block) ?? (await frames.load(block));
        pieces.push(piece);
        block = piece.firstBlock + piece.blocks;
      }
      if (!this.#over) this.#sendPieces(pieces, first, first + count);
    } catch (error) {
      this.#fail('failed', asBranchlineError(error));
    }
  }

  #sendPieces(pieces: readonly Piece[], first: number, end: number): void {
    const frames = this.#lease?.frames;
    if (frames === undefined) return;
    for (const piece of pieces) this.#sendPiece(piece, frames.packetSize, first, end);
    this.#sentBlocks(frames, end);
  }

  /** The blocks of a piece from `first` to before `end`. */
  #sendPiece(
    { bytes, firstBlock, blocks }: Piece,
    packetSize: number,
    first: number,
    end: number,
  ): void {
    const from = (Math.max(first, firstBlock) - firstBlock) * packetSize;
    const to = (Math.min(end, firstBlock + blocks) - firstBlock) * packetSize;
    this.line.send(bytes, from, Math.min(to, bytes.length) - from, packetSize, this.peer);
  }

  #sentBlocks(frames: FramedFile, end: number, now = this.#context.now()): void {
    this.#flow?.sent(now);
    frames.readAhead(end - 1);
  }

  #sendPacket(packet: Buffer): void {
    this.line.send(packet, 0, packet.length, packet.length, this.peer);
  }

  /** It may end while a promise is awaited. */
  #isOver(): boolean {
    return this.#over;
  }

  #fail(outcome: 'failed' | 'refused', error: BranchlineError): void {
    if (this.#over) return;
    if (error.meaning.fault !== 'phone') {
      this.#context.log.error(
        { address: this.address, file: this.#name, code: error.code, err: error },
        'a file could not be sent',
      );
    }
    this.#sendPacket(refusalFor(error.code));
    this.#finish(outcome, error.code);
  }

  #finish(outcome: TransferOutcome, code?: ErrorCode): void {
    if (this.#over) return;
    this.#over = true;
    const released = this.#lease?.release();
    if (released !== undefined) this.#context.track(released);
    this.#context.ended(this, {
      kind: 'transfer',
      server: 'tftp',
      address: this.address,
      name: this.#name,
      ...(this.#insteadOf !== undefined && { insteadOf: this.#insteadOf }),
      bytes: this.#flow?.bytesAcked ?? 0,
      ms: Math.round(this.#context.now() - this.#startedAt),
      outcome,
      ...(code === undefined ? {} : { code }),
    });
  }
}

async function asNetascii(found: ServedFile): Promise<ServedFile> {
  try {
    return await NetasciiFile.over(found);
  } catch (error) {
    await found.close();
    throw error;
  }
}
