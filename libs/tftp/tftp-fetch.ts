import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { BlockCollector } from './block-collector.ts';
import { literalAddress } from './datagram-port.ts';
import { answersRead } from './first-answer.ts';
import { decodePacket, encodePacket, tftpError, type Options, type Packet } from './packet.ts';

export interface TftpFetchOptions {
  /** Bytes; 512 unless told. */
  readonly blksize?: number;
  /** Blocks before an acknowledgement; 1 unless told. */
  readonly windowsize?: number;
  readonly mode?: 'octet' | 'netascii';
  /** Milliseconds without a packet before asking again; 1000 unless told. */
  readonly silenceMs?: number;
  /** How often to ask again before giving up; 5 unless told. */
  readonly repeats?: number;
  /** Bytes; 256 MiB unless told. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Fetch one file as a telephone does.
 * @throws BranchlineError NOT_FOUND, PEER_REFUSED, PEER_TOO_SLOW, PEER_UNREACHABLE, PEER_ANSWER_INVALID, FILE_TOO_LARGE.
 */
export async function tftpFetch(
  host: string,
  port: number,
  name: string,
  options: TftpFetchOptions = {},
): Promise<Buffer> {
  options.signal?.throwIfAborted();
  const { address, family } = await resolved(host);
  options.signal?.throwIfAborted();
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    lookup: literalAddress,
    // A window of large blocks is more than a socket holds by itself.
    recvBufferSize: 4 * 1024 * 1024,
  });
  try {
    return await new Fetch(socket, { address, port, name }, options).run();
  } finally {
    socket.close();
  }
}

interface Target {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

class Fetch {
  readonly #socket: Socket;
  readonly #target: Target;
  readonly #options: TftpFetchOptions;
  readonly #asked: Options;
  readonly #done = Promise.withResolvers<Buffer>();
  /** Where the first answer that fits the request came from. */
  #server: RemoteInfo | undefined;
  /** Why the latest packet before that did not fit. */
  #unfit: BranchlineError | undefined;
  #collector: BlockCollector;
  #last: Buffer;
  #repeats = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, target: Target, options: TftpFetchOptions) {
    this.#socket = socket;
    this.#target = target;
    this.#options = options;
    this.#asked = askedFor(options);
    this.#collector = this.#collectorFor(new Map());
    this.#last = encodePacket({
      kind: 'read',
      file: target.name,
      mode: options.mode ?? 'octet',
      options: this.#asked,
    });
  }

  async run(): Promise<Buffer> {
    const { signal } = this.#options;
    const onAbort = (): void => {
      this.#done.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#socket.on('message', (datagram, from) => {
      this.#onDatagram(datagram, from);
    });
    this.#socket.on('error', (cause) => {
      const { address, port } = this.#target;
      this.#done.reject(
        failure('PEER_UNREACHABLE', `TFTP server ${address} port ${port} cannot be reached`, cause),
      );
    });
    this.#send(this.#last);
    try {
      return await this.#done.promise;
    } finally {
      clearTimeout(this.#timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #onDatagram(datagram: Buffer, from: RemoteInfo): void {
    if (from.address !== this.#target.address) return;
    if (this.#server !== undefined && from.port !== this.#server.port) {
      this.#answerStranger(datagram, from);
      return;
    }
    try {
      const packet = decodePacket(datagram);
      if (this.#server === undefined && !answersRead(packet, this.#asked)) {
        this.#onUnfit(packet, datagram, from);
        return;
      }
      this.#server ??= from;
      this.#onPacket(packet);
    } catch (error) {
      this.#done.reject(asBranchlineError(error));
    }
  }

  /** Of an earlier transfer from this port, most likely; if nothing else comes, it was the answer. */
  #onUnfit(packet: Packet, datagram: Buffer, from: RemoteInfo): void {
    const what = `the TFTP server answered a request with what does not fit it: ${packet.kind}`;
    this.#unfit = failure('PEER_ANSWER_INVALID', what);
    this.#answerStranger(datagram, from);
  }

  #onPacket(packet: Packet): void {
    switch (packet.kind) {
      case 'oack':
        if (this.#collector.lastInOrder === 0) {
          this.#collector = this.#collectorFor(packet.options);
          this.#acknowledge(0);
        }
        return;
      case 'data': {
        const receipt = this.#collector.take(packet.block, packet.bytes);
        if (receipt.kind === 'quiet') this.#arm();
        else this.#acknowledge(receipt.block);
        if (receipt.kind === 'done') this.#done.resolve(this.#collector.bytes());
        return;
      }
      case 'error':
        this.#done.reject(refused(this.#target.name, packet.code, packet.message));
        return;
      case 'ack':
      case 'read':
      case 'write':
        throw failure('PEER_ANSWER_INVALID', `the TFTP server answered with ${packet.kind}`);
    }
  }

  #acknowledge(block: number): void {
    this.#repeats = 0;
    this.#send(encodePacket({ kind: 'ack', block }));
  }

  #send(packet: Buffer): void {
    this.#last = packet;
    const { address, port } = this.#server ?? this.#target;
    this.#socket.send(packet, port, address);
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#onSilence();
    }, this.#options.silenceMs ?? 1000);
  }

  #onSilence(): void {
    const { repeats = 5 } = this.#options;
    if (this.#repeats >= repeats) {
      if (this.#unfit !== undefined && this.#server === undefined) {
        this.#done.reject(this.#unfit);
        return;
      }
      const { address, port, name } = this.#target;
      const where = `TFTP server ${address} port ${port}`;
      this.#done.reject(failure('PEER_TOO_SLOW', `${where} went silent while sending ${name}`));
      return;
    }
    this.#repeats += 1;
    const block = this.#collector.lastInOrder;
    this.#send(block === 0 ? this.#last : encodePacket({ kind: 'ack', block }));
  }

  /** An ERROR, or what might be one, is never answered (RFC 1350, section 4). */
  #answerStranger(datagram: Buffer, from: RemoteInfo): void {
    if (!isData(datagram)) return;
    const message = 'Unknown transfer ID';
    const answer = encodePacket({ kind: 'error', code: tftpError.unknownTransfer, message });
    this.#socket.send(answer, from.port, from.address);
  }

  #collectorFor(agreed: Options): BlockCollector {
    const { maxBytes = 256 * 1024 * 1024 } = this.#options;
    const blockSize = Number(agreed.get('blksize') ?? 512);
    return new BlockCollector(blockSize, Number(agreed.get('windowsize') ?? 1), maxBytes);
  }
}

const isData = (datagram: Buffer): boolean => datagram[0] === 0 && datagram[1] === 3;

function askedFor({ blksize, windowsize }: TftpFetchOptions): Options {
  const options = new Map<string, string>();
  if (blksize !== undefined) options.set('blksize', String(blksize));
  if (windowsize !== undefined) options.set('windowsize', String(windowsize));
  if (options.size > 0) options.set('tsize', '0');
  return options;
}

async function resolved(host: string): Promise<{ address: string; family: number }> {
  try {
    return await lookup(host);
  } catch (cause) {
    throw failure('PEER_UNREACHABLE', `the TFTP server's name ${host} is not known`, cause);
  }
}

function refused(name: string, code: number, message: string): BranchlineError {
  const known: ErrorCode = code === tftpError.notFound ? 'NOT_FOUND' : 'PEER_REFUSED';
  return failure(known, `the TFTP server refused ${name}: error ${code} ${message}`);
}

function failure(code: ErrorCode, message: string, cause?: unknown): BranchlineError {
  return new BranchlineError(code, message, cause === undefined ? {} : { cause });
}
