import { timingSafeEqual, createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { makeFolder } from '#libs/files';
import { listen, type Clock, type Service } from '#libs/lifecycle';
import { RareLog, type Logger } from '#libs/observe';
import { AllowedPeers, plainPeer } from './allowed-peers.ts';
import { openFolderOf } from './open-files.ts';
import { endsRecord } from './record-ends.ts';
import { RecordLane, type CutRules } from './record-lane.ts';
import { RecordTally } from './record-tally.ts';

export interface RecordWebOptions {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** Addresses and blocks that may send; none: everybody who shows the password. */
  readonly peers: readonly string[];
  /** Empty for none. */
  readonly password: string;
  readonly maxBytes: number;
  /** Where finished files go. */
  readonly folder: string;
  readonly kind: string;
  readonly pattern: string;
  readonly cut: CutRules;
  readonly clock: Clock;
  readonly log: Logger;
  /** For the log and the status page alike. */
  readonly refused: (code: ErrorCode, sentence: string) => void;
}

const maxConnections = 256;
const tickMs = 1_000;
const waits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 30_000 };
/** A record in a query string stands in the first line. */
const maxHeaderSize = 65_536;
const lineEnd = Buffer.from('\r\n');

/**
 * Records by HTTP as innovaphone's CDR gateway sends them: GET with the record as query string, POST with the record as
 * body. Kept as they come, still encoded, a line end behind each that has none. 204 says that the record is on the disk;
 * records that come at one time share an fsync.
 */
export class RecordWeb implements Service {
  readonly name = 'call records by HTTP';
  readonly tally: RecordTally;
  readonly #options: RecordWebOptions;
  readonly #allowed: AllowedPeers | undefined;
  readonly #rare: RareLog;
  readonly #lane: RecordLane;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trouble: BranchlineError | undefined;

  constructor(options: RecordWebOptions) {
    const { folder, kind, pattern, cut, clock, log, refused, peers } = options;
    this.#options = options;
    this.#allowed = peers.length === 0 ? undefined : new AllowedPeers(peers);
    this.#rare = new RareLog(log, () => clock.now());
    this.tally = new RecordTally(clock);
    this.#lane = new RecordLane({
      ...{ folder, kind, pattern, cut, clock },
      from: 'web',
      stream: false,
      onStored: ({ bytes }) => {
        this.tally.add({ records: 0, bytes });
        this.#trouble = undefined;
      },
      onClosed: ({ name: file }) => {
        log.info({ file }, 'record file closed');
      },
      onTrouble: (error) => {
        if (error !== undefined && this.#trouble?.code !== error.code) {
          refused(error.code, `records by HTTP are not taken: ${error.message}`);
        }
        this.#trouble = error;
      },
      onTooLong: () => undefined,
    });
  }

  get port(): number | undefined {
    const bound = this.#server?.address();
    return typeof bound === 'object' ? bound?.port : undefined;
  }

  get file(): { readonly name: string; readonly size: number } | undefined {
    return this.#lane.file;
  }

  /** Why senders are told to come again. */
  get trouble(): BranchlineError | undefined {
    return this.#trouble;
  }

  async start(): Promise<void> {
    const { address, port, folder } = this.#options;
    await makeFolder(openFolderOf(folder), 0o750);
    const server = createServer({ ...waits, maxHeaderSize }, (request, response) => {
      const from = plainPeer(request.socket.remoteAddress ?? '');
      this.#answer(request, response, from).catch((error: unknown) => {
        const { code, meaning, message } = asBranchlineError(error);
        this.#rare.warn('record not taken', { from, code, reason: message });
        say(response, meaning.status, code);
      });
    });
    server.maxConnections = maxConnections;
    await listen(server, address, port);
    this.#server = server;
    this.#timer = setInterval(() => {
      this.#lane.cutIfDue().catch((error: unknown) => {
        this.#options.log.error({ code: asBranchlineError(error).code }, 'record file not closed');
      });
    }, tickMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
    await this.#lane.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse, from: string): Promise<void> {
    const { path, password, maxBytes } = this.#options;
    if (this.#allowed?.allows(from) === false) {
      throw new BranchlineError('ACCESS_DENIED', 'this address may not send records: see WebPeers');
    }
    const { method = '', url = '', headers } = request;
    const mark = url.indexOf('?');
    if ((mark === -1 ? url : url.slice(0, mark)) !== path) {
      throw new BranchlineError('NOT_FOUND', 'records are taken under WebPath only');
    }
    if (password !== '' && !shows(headers.authorization, password)) {
      response.setHeader('www-authenticate', 'Basic realm="call records"');
      throw new BranchlineError('CREDENTIALS_WRONG', 'the password is not the one of WebPassword');
    }
    if (method !== 'GET' && method !== 'POST') {
      response.setHeader('allow', 'GET, POST');
      throw new BranchlineError('WRITE_REFUSED', `records come by GET or POST, not by ${method}`);
    }
    const query = mark === -1 ? '' : url.slice(mark + 1);
    const record =
      method === 'GET' ? Buffer.from(query, 'latin1') : await bodyOf(request, maxBytes);
    if (record.length > maxBytes) throw tooLarge(maxBytes);
    if (record.length === 0) throw new BranchlineError('RECORD_EMPTY', 'the record is empty');
    await this.#lane.append(endsRecord(record) ? record : Buffer.concat([record, lineEnd]));
    this.tally.add({ records: 1, bytes: 0 });
    response.writeHead(204).end();
  }
}

function say(response: ServerResponse, status: number, code: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that nobody wants is not read.
  response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${code}\n`);
}

const tooLarge = (maxBytes: number): BranchlineError =>
  new BranchlineError('FILE_TOO_LARGE', `a record has at most ${maxBytes} bytes: see WebMaxKB`);

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  // A refusal has to be said on this connection.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const piece of body) {
    size += piece.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** RFC 7617, with any user name; digests are of one length, so that comparing tells nothing. */
function shows(header: string | undefined, password: string): boolean {
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]{1,2048}={0,2})\s*$/i.exec(header ?? '') ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const shown = text.slice(text.indexOf(':') + 1);
  return timingSafeEqual(digest(shown), digest(password));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
