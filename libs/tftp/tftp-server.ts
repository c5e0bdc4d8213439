import { setTimeout as sleep } from 'node:timers/promises';
import {
  checkFileOf,
  isOwnCheck,
  type ClientSlots,
  type Delivery,
  type Transfer,
} from '#libs/delivery';
import { Turns, type Service } from '#libs/lifecycle';
import { RareLog, type Logger } from '#libs/observe';
import { AddressTally } from './address-tally.ts';
import { loadBatchedCalls } from './batched-calls.ts';
import { batchedPorts } from './batched-port.ts';
import type { Conversation } from './conversation.ts';
import { openPort as openPlainPort, type OpenPort } from './datagram-port.ts';
import { Door, type DoorContext } from './door.ts';
import { FrameCache } from './frame-cache.ts';
import { mustBeIpv6Only, openDoor, wantedBufferBytes } from './open-doors.ts';
import type { DataPorts, OpenDoor } from './open-doors.ts';
import { maxBlockSize } from './packet.ts';
import { refusedRequest } from './refusal.ts';

export interface TftpLimits {
  /** Downloads at a time; further requests are not answered, and the phones ask again. */
  readonly transfers: number;
  /** Of these for one address; many telephones may stand behind one. */
  readonly perAddress: number;
  /** First answers without acknowledgement, for one address at a time. */
  readonly unprovenPerAddress: number;
  /** Bytes; lower it to MTU − 32 where fragments are lost on the way. */
  readonly blockSize: number;
  /** Blocks (RFC 7440). */
  readonly windowSize: number;
  /** Bytes of framed files kept in memory. */
  readonly cacheBytes: number;
}

export interface TftpServerOptions {
  /** One address or several. On a machine with several, name them: a wildcard leaves the sender's address to the kernel. */
  readonly address: string | readonly string[];
  /** Guide: 69. 0 lets the kernel choose. */
  readonly port: number;
  readonly dataPorts?: DataPorts;
  readonly delivery: Delivery;
  /** Places for telephones (Guide p. 40); no limit unless told. */
  readonly slots?: ClientSlots;
  readonly log: Logger;
  readonly onTransfer?: (transfer: Transfer) => void;
  readonly limits?: Partial<TftpLimits>;
  /** Wait exactly the time-out that the phone names, never less (RFC 2349 to the letter). */
  readonly strictTimeout?: boolean;
  /** Many datagrams with one system call, where this machine can; true unless told. */
  readonly batching?: boolean;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export const tftpLimits: TftpLimits = {
  transfers: 4096,
  perAddress: 1024,
  unprovenPerAddress: 128,
  blockSize: maxBlockSize,
  windowSize: 32,
  cacheBytes: 32 * 1024 * 1024,
};

/** Milliseconds between two looks at the deadlines of all transfers. */
const tickMs = 25;
/** Milliseconds that reads under way may take to end when the server stops. */
const stopWaitMs = 2000;
/** Files looked for at a time. */
const findsAtOnce = 256;

/** The TFTP server: downloads for telephones (RFC 1350, 2347–2349, 7440; Guide ch. 1, p. 15). */
export class TftpServer implements Service {
  readonly name = 'tftp';
  readonly #options: TftpServerOptions;
  readonly #limits: TftpLimits;
  readonly #now: () => number;
  readonly #cache: FrameCache;
  /**
   * First answers that await their acknowledgement. Anybody can put a stranger's address into a datagram; this bounds
   * what the stranger then receives from us (TFTP amplifies about 60 times).
   */
  readonly #unproven: AddressTally;
  /** Downloads under way: one host that opens them without end takes no room from the others. */
  readonly #perAddress: AddressTally;
  readonly #rareLog: RareLog;
  readonly #finding = new Turns(findsAtOnce);
  readonly #conversations = new Set<Conversation>();
  readonly #unanswered = new Set<Conversation>();
  #underWay = 0;
  #idle = Promise.withResolvers<undefined>();
  readonly #onWorkDone = (): void => {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#idle.resolve(undefined);
  };
  #doors: OpenDoor[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #batched = false;

  constructor(options: TftpServerOptions) {
    this.#options = options;
    this.#limits = { ...tftpLimits, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#cache = new FrameCache(this.#limits.cacheBytes);
    this.#unproven = new AddressTally(this.#limits.unprovenPerAddress);
    this.#perAddress = new AddressTally(this.#limits.perAddress);
    this.#rareLog = new RareLog(options.log, this.#now);
  }

  /** Downloads under way. */
  get active(): number {
    return this.#conversations.size;
  }

  /** Whether many datagrams go with one system call. */
  get batched(): boolean {
    return this.#batched;
  }

  /** Where requests are taken, with the ports that were really bound. */
  addresses(): readonly { readonly address: string; readonly port: number }[] {
    return this.#doors.map(({ requests }) => ({ address: requests.address, port: requests.port }));
  }

  /** Bytes that the kernel grants the smallest request port, of `wanted`; a storm of phones needs them all. */
  receiveBuffer(): { readonly wanted: number; readonly effective: number } {
    const effective = Math.min(...this.#doors.map(({ requests }) => requests.receiveBuffer));
    return { wanted: wantedBufferBytes, effective: this.#doors.length === 0 ? 0 : effective };
  }

  /** @throws BranchlineError LISTEN_FAILED. */
  async start(): Promise<void> {
    const { address, port, dataPorts = 'any', log } = this.#options;
    this.#stopping = false;
    const addresses = typeof address === 'string' ? [address] : address;
    const openPort = await this.#transport();
    try {
      for (const each of addresses) {
        this.#doors.push(
          await openDoor({
            door: this.#door(),
            openPort,
            address: each,
            port,
            ipv6Only: mustBeIpv6Only(each, addresses),
            dataPorts,
            onError: (error) => {
              this.#rareLog.warn('tftp socket error', { err: error });
            },
          }),
        );
      }
    } catch (error) {
      await this.#closeDoors();
      throw error;
    }
    this.#timer = setInterval(() => {
      this.#tick();
    }, tickMs);
    const { wanted, effective } = this.receiveBuffer();
    if (effective < wanted) {
      log.warn(
        { wanted, effective },
        'the kernel limits the TFTP receive buffer, many phones that start at once will lose requests: raise net.core.rmem_max',
      );
    }
  }

  /** What cannot be batched here is served datagram by datagram. */
  async #transport(): Promise<OpenPort> {
    if (this.#options.batching === false) return openPlainPort;
    try {
      const ports = batchedPorts(await loadBatchedCalls());
      this.#batched = true;
      return ports;
    } catch (error) {
      this.#batched = false;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.info({ why }, 'TFTP without batched system calls');
      return openPlainPort;
    }
  }

  /** Phones in the middle of a download are told, so that they need not wait. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    for (const conversation of [...this.#conversations]) conversation.abort('INTERRUPTED');
    // A disk that hangs must not keep the server from ending.
    await Promise.race([this.#untilIdle(), sleep(stopWaitMs, undefined, { ref: false })]);
    await this.#closeDoors();
    this.#cache.clear();
  }

  #door(): Door {
    const { delivery, log, strictTimeout = false } = this.#options;
    const { blockSize, windowSize } = this.#limits;
    const context: DoorContext = {
      delivery,
      cache: this.#cache,
      finding: this.#finding,
      limits: { blockSize, windowSize },
      strictTimeout,
      log,
      rareLog: this.#rareLog,
      now: this.#now,
      track: (work) => {
        this.#track(work);
      },
      admit: (conversation) => this.#admit(conversation),
      proven: (conversation) => {
        this.#settle(conversation);
        this.#slotsFor(conversation)?.keep(conversation.address);
      },
      ended: (conversation, transfer) => {
        this.#settle(conversation);
        if (this.#conversations.delete(conversation)) {
          door.forget(conversation);
          this.#perAddress.settle(conversation.address);
          this.#slotsFor(conversation)?.leave(conversation.address);
        }
        this.#report(transfer);
      },
      refused: (transfer) => {
        this.#report(transfer);
      },
    };
    const door = new Door(context);
    return door;
  }

  #admit(conversation: Conversation): boolean {
    const { address } = conversation;
    if (this.#stopping) return false;
    if (this.#conversations.size >= this.#limits.transfers) {
      this.#rareLog.warn('too many TFTP downloads at once', { address });
      return false;
    }
    if (!this.#perAddress.admit(address)) {
      this.#rareLog.warn('too many TFTP downloads at once from one address', { address });
      return false;
    }
    if (!this.#unproven.admit(address)) {
      this.#perAddress.settle(address);
      this.#rareLog.warn('too many unanswered TFTP requests from one address', { address });
      return false;
    }
    if (this.#slotsFor(conversation)?.enter(address) === false) {
      this.#unproven.settle(address);
      this.#perAddress.settle(address);
      this.#report(refusedRequest(address, conversation.request.file, 'PHONES_TOO_MANY'));
      return false;
    }
    this.#conversations.add(conversation);
    this.#unanswered.add(conversation);
    return true;
  }

  /** None for a check file: the watchdog takes no telephone's place, and telephones that have them all do not fool it. */
  #slotsFor({ request }: Conversation): ClientSlots | undefined {
    return checkFileOf(request.file) === undefined ? this.#options.slots : undefined;
  }

  #settle(conversation: Conversation): void {
    if (this.#unanswered.delete(conversation)) this.#unproven.settle(conversation.address);
  }

  #report(transfer: Transfer): void {
    const { address, name: file, insteadOf, bytes, ms, outcome, code } = transfer;
    const usual = isOwnCheck(address, file) ? 'debug' : 'info';
    const level = outcome === 'failed' ? 'warn' : usual;
    this.#options.log[level](
      { address, file, insteadOf, bytes, ms, outcome, code },
      'tftp download',
    );
    this.#options.onTransfer?.(transfer);
  }

  #tick(): void {
    const now = this.#now();
    for (const conversation of this.#conversations) conversation.onTick(now);
  }

  #track(work: Promise<void>): void {
    this.#underWay += 1;
    work.then(this.#onWorkDone, (error: unknown) => {
      this.#options.log.error({ err: error }, 'a TFTP download did not end cleanly');
      this.#onWorkDone();
    });
  }

  async #untilIdle(): Promise<void> {
    while (this.#underWay > 0) {
      this.#idle = Promise.withResolvers<undefined>();
      await this.#idle.promise;
    }
  }

  async #closeDoors(): Promise<void> {
    const ports = this.#doors.splice(0).flatMap((door) => door.ports);
    await Promise.all(ports.map((port) => port.close()));
  }
}
