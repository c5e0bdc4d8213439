import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { asBranchlineError, type BranchlineError, type ErrorCode } from '#libs/errors';
import { makeFolder } from '#libs/files';
import { listen, type Clock, type Service } from '#libs/lifecycle';
import { RareLog, type Logger } from '#libs/observe';
import { AllowedPeers, plainPeer } from './allowed-peers.ts';
import { openFolderOf } from './open-files.ts';
import { readChunks } from './read-chunks.ts';
import { RecordLane, type CutRules } from './record-lane.ts';
import { RecordTally } from './record-tally.ts';

export interface RawLinkOptions {
  readonly address: string;
  readonly port: number;
  /** Addresses and blocks that may connect. */
  readonly peers: readonly string[];
  /** Where finished files go. */
  readonly folder: string;
  readonly kind: string;
  readonly pattern: string;
  readonly cut: CutRules;
  readonly clock: Clock;
  readonly log: Logger;
  /** For the log and the status page alike. */
  readonly refused: (code: ErrorCode, sentence: string) => void;
  /** How often a failed write is tried again, in milliseconds. */
  readonly retryMs?: number;
}

/** A switch that is connected. */
export interface LinkConnection {
  readonly from: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly file: { readonly name: string; readonly size: number } | undefined;
  readonly lastAt: number | undefined;
}

interface Connection {
  readonly from: string;
  readonly since: number;
  readonly lane: RecordLane;
  lastAt: number | undefined;
}

/** A switch has one link, or two; more are somebody's mistake. */
const maxConnections = 16;
/** What the stream may hold beside the piece that is being written. */
const readAheadBytes = 16_384;
const tickMs = 1_000;
const defaultRetryMs = 2_000;
/** A switch that vanished without a word is noticed by then, in milliseconds. */
const keepAliveMs = 60_000;
/** At the end, for what is being written, in milliseconds. */
const lastWordsMs = 2_000;

/**
 * The raw CDR link of Communication Manager: the switch connects and sends records, nothing is ever answered
 * (`change ip-services`, CDR1 with Reliable Protocol n). Each connection has files of its own.
 */
export class RawLink implements Service {
  readonly name = 'raw CDR link';
  readonly tally: RecordTally;
  readonly #options: RawLinkOptions;
  readonly #allowed: AllowedPeers;
  readonly #rare: RareLog;
  readonly #connections = new Set<Connection>();
  readonly #served = new Set<Promise<void>>();
  readonly #troubles = new Map<Connection, BranchlineError>();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stop = new AbortController();
  #aloneSince: number;

  constructor(options: RawLinkOptions) {
    this.#options = options;
    this.#allowed = new AllowedPeers(options.peers);
    this.#rare = new RareLog(options.log, () => options.clock.now());
    this.tally = new RecordTally(options.clock);
    this.#aloneSince = options.clock.now();
  }

  get port(): number | undefined {
    const bound = this.#server?.address();
    return typeof bound === 'object' ? bound?.port : undefined;
  }

  get connections(): readonly LinkConnection[] {
    return [...this.#connections].map(({ from, since, lane, lastAt }) => ({
      ...{ from, since, lastAt },
      file: lane.file,
    }));
  }

  /** Since when no switch is connected, Unix milliseconds. */
  get aloneSince(): number | undefined {
    return this.#connections.size === 0 ? this.#aloneSince : undefined;
  }

  /** Why records wait at the switch. */
  get trouble(): BranchlineError | undefined {
    return this.#troubles.values().next().value;
  }

  async start(): Promise<void> {
    const { address, port, folder } = this.#options;
    await makeFolder(openFolderOf(folder), 0o750);
    this.#stop = new AbortController();
    setMaxListeners(maxConnections, this.#stop.signal);
    const server = createServer({ highWaterMark: readAheadBytes }, (socket) => {
      const served = this.#serve(socket).finally(() => this.#served.delete(served));
      this.#served.add(served);
    });
    server.maxConnections = maxConnections;
    server.on('drop', () => {
      this.#rare.warn('connection refused: too many', { connections: maxConnections });
    });
    await listen(server, address, port);
    this.#server = server;
    this.#timer = setInterval(() => {
      this.#tick();
    }, tickMs);
  }

  /** What has been read is on the disk and its files are closed; a disk that takes nothing is not waited for. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    this.#stop.abort();
    const giveUp = setTimeout(() => {
      for (const { lane } of this.#connections) lane.abort();
    }, lastWordsMs);
    await Promise.all(this.#served);
    clearTimeout(giveUp);
    await closed;
  }

  async #serve(socket: Socket): Promise<void> {
    const { clock, log } = this.#options;
    const from = plainPeer(socket.remoteAddress ?? '');
    // Told below, where the records end; without this line a broken connection would end the server.
    socket.on('error', () => undefined);
    if (!this.#allowed.allows(from)) {
      socket.destroy();
      this.#rare.warn('connection refused: address not allowed', { from, code: 'ACCESS_DENIED' });
      return;
    }
    socket.setKeepAlive(true, keepAliveMs);
    const connection: Connection = {
      ...{ from, since: clock.now(), lastAt: undefined },
      lane: this.#lane(from, () => connection),
    };
    this.#connections.add(connection);
    log.info({ from }, 'switch connected');
    let unsaved = 0;
    try {
      for await (const chunk of readChunks(socket, this.#stop.signal)) {
        unsaved = chunk.length;
        await connection.lane.append(chunk);
        unsaved = 0;
      }
      await connection.lane.close();
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      log.error({ from, code, reason: message, lostBytes: unsaved }, 'records not stored');
    } finally {
      this.#connections.delete(connection);
      this.#troubles.delete(connection);
      this.#aloneSince = clock.now();
      log.info({ from }, 'switch disconnected');
    }
  }

  #lane(from: string, connection: () => Connection): RecordLane {
    const { folder, kind, pattern, cut, clock, log, refused, retryMs } = this.#options;
    return new RecordLane({
      ...{ folder, kind, pattern, cut, clock, from },
      stream: true,
      retryMs: retryMs ?? defaultRetryMs,
      onStored: (stored) => {
        this.tally.add(stored);
        if (stored.records > 0) connection().lastAt = clock.now();
      },
      onClosed: ({ name, tail }) => {
        log.info({ from, file: name }, 'record file closed');
        if (tail > 0) refused('RECORD_INCOMPLETE', incomplete(name, tail));
      },
      onTrouble: (error) => {
        if (error === undefined) {
          this.#troubles.delete(connection());
          log.info({ from }, 'records are stored again');
        } else {
          const told = this.#troubles.get(connection())?.code === error.code;
          this.#troubles.set(connection(), error);
          if (!told) refused(error.code, `records of ${from} wait at the switch: ${error.message}`);
        }
      },
      onTooLong: (name) => {
        refused(
          'RECORD_TOO_LONG',
          `${name}: no record ends in what ${from} sends; check that it sends CDR to this port`,
        );
      },
    });
  }

  #tick(): void {
    for (const { lane, from } of this.#connections) {
      lane.cutIfDue().catch((error: unknown) => {
        const { code, message } = asBranchlineError(error);
        this.#options.log.error({ from, code, reason: message }, 'record file not closed');
      });
    }
  }
}

/** For people. */
export const incomplete = (name: string, tail: number): string =>
  `${name} ends with ${tail} bytes of a record that never ended; they are kept as they came`;
