import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import { parseCommand, type Command } from './command-line.ts';
import { commands } from './commands.ts';
import type { DataTransfer } from './data-transfer.ts';
import { LineReader } from './line-reader.ts';
import { refusalOf } from './refusal.ts';
import { reply } from './reply.ts';
import type { SessionContext } from './session-context.ts';
import { SessionState } from './session-state.ts';

export interface SessionOptions {
  readonly context: SessionContext;
  readonly socket: Socket;
  /** The client's IP address as text. */
  readonly address: string;
  /** This machine's, as the client knows it. */
  readonly localAddress: string | undefined;
  readonly onClosed: () => void;
}

/** Replies that wait for a client which does not read them, in bytes; no command is taken before they are gone. */
const maxUnread = 64 * 1024;

/** One control connection: its commands are answered in order, one at a time (RFC 959 § 5.4). */
export class Session {
  readonly context: SessionContext;
  readonly address: string;
  readonly localAddress: string | undefined;
  readonly state = new SessionState();
  /** What is going on on a data connection. */
  transfer: DataTransfer | undefined;
  readonly #onClosed: () => void;
  readonly #lines: LineReader;
  readonly #waiting: (Command | undefined)[] = [];
  #socket: Duplex & { readonly writableLength: number };
  #secured = false;
  #busy = false;
  #ended = false;
  #closed = false;
  #last = false;
  #heardAt: number;

  constructor({ context, socket, address, localAddress, onClosed }: SessionOptions) {
    this.context = context;
    this.address = address;
    this.localAddress = localAddress;
    this.#onClosed = onClosed;
    this.#lines = new LineReader(context.limits.lineBytes);
    this.#socket = socket;
    this.#heardAt = context.clock.now();
  }

  /** True once TLS protects the control connection. */
  get secured(): boolean {
    return this.#secured;
  }

  /** True when the client has left without saying goodbye: what it was sending may not have been all. */
  get isGone(): boolean {
    if (this.#closed) return true;
    return this.#ended && !this.#waiting.some((command) => command?.verb === 'QUIT');
  }

  /** Greet the client, after TLS when `implicit`. */
  open(implicit: boolean): void {
    if (implicit) {
      this.#secure(() => {
        this.#greet();
      });
    } else {
      this.#listen();
      this.#greet();
    }
  }

  send(text: string): void {
    if (!this.#closed && text !== '') this.#socket.write(text);
  }

  /** No command after this one; the connection ends with what was sent. */
  endAfterReply(): void {
    this.#last = true;
    this.#waiting.length = 0;
  }

  /** Speak TLS from the next byte on (RFC 4217 § 4). What came ahead in plain text is nobody's word: the client is cut. */
  startTls(): void {
    if (this.#waiting.length > 0 || this.#lines.pending > 0) {
      this.cut('COMMAND_MALFORMED', 'commands in plain text came behind AUTH TLS');
      return;
    }
    this.#secure(() => undefined);
  }

  /** Cut who is silent for too long, and transfers that stand still. `now` in Unix milliseconds. */
  check(now: number): void {
    const { limits } = this.context;
    if (this.transfer !== undefined) {
      this.transfer.cutIfStalled(now);
      this.#heardAt = now;
      return;
    }
    const allowed =
      this.state.area?.patient === true ? limits.superUserSilenceMs : limits.silenceMs;
    if (now - this.#heardAt <= Math.max(allowed, limits.silenceMs) || this.#busy) return;
    this.send(reply(421, 'Closed for silence.'));
    this.context.log.debug({ phone: this.address }, 'ftp session closed for silence');
    this.#finish();
  }

  /** End it now, or after the transfer that is going on. */
  stop(): void {
    if (this.#busy) this.endAfterReply();
    else {
      this.send(reply(421, 'The server is stopping.'));
      this.#finish();
    }
  }

  /** End it at once. */
  cut(code: ErrorCode, why: string): void {
    const error = new BranchlineError(code, why);
    this.transfer?.abort(error);
    if (!this.#closed) {
      this.context.rareLog.warn('ftp session cut', { phone: this.address, code, reason: why });
    }
    this.#socket.destroy();
  }

  #greet(): void {
    this.send(reply(220, 'Branchline FTP server ready.'));
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#pump();
    });
    socket.on('error', (error) => {
      this.context.log.debug({ phone: this.address, err: error }, 'ftp control connection broke');
    });
    socket.on('close', () => {
      this.#close();
    });
  }

  #secure(onSecured: () => void): void {
    const secureContext = this.context.secureContext();
    const plain = this.#socket;
    if (secureContext === undefined) {
      plain.destroy();
      return;
    }
    for (const event of ['data', 'end', 'error', 'close']) plain.removeAllListeners(event);
    const secured = new TLSSocket(plain, { isServer: true, secureContext });
    this.#socket = secured;
    this.#listen();
    const late = setTimeout(() => {
      this.cut('PHONE_SILENT', 'TLS was not agreed upon in time');
    }, this.context.limits.handshakeMs);
    secured.once('close', () => {
      clearTimeout(late);
      plain.destroy();
    });
    secured.once('error', (error: Error) => {
      if (this.#secured) return;
      const facts = { phone: this.address, reason: error.message };
      this.context.rareLog.warn('ftp TLS handshake failed', facts);
    });
    secured.once('secure', () => {
      clearTimeout(late);
      this.#secured = true;
      onSecured();
    });
  }

  #take(chunk: Buffer): void {
    for (const line of this.#lines.take(chunk)) {
      const command = line === undefined ? undefined : parseCommand(line);
      if (this.#last) return;
      this.#heardAt = this.context.clock.now();
      if (command?.verb === 'ABOR') this.#abort();
      this.#waiting.push(command);
    }
    if (this.#waiting.length > this.context.limits.waitingCommands) this.#socket.pause();
    this.#pump();
  }

  #abort(): void {
    this.transfer?.abort(new BranchlineError('PHONE_STOPPED', 'the client sent ABOR'));
  }

  /** Answer what waits, until one of the answers takes its time. */
  #pump(): void {
    while (!this.#busy && !this.#closed && !this.#last) {
      if (this.#socket.writableLength > maxUnread) {
        this.#socket.once('drain', () => {
          this.#pump();
        });
        return;
      }
      if (this.#waiting.length === 0) break;
      const command = this.#waiting.shift();
      if (this.#waiting.length === 0 && this.#socket.isPaused()) this.#socket.resume();
      this.#answer(command);
    }
    if (!this.#busy && (this.#last || this.#ended)) this.#finish();
  }

  #answer(command: Command | undefined): void {
    const known = command === undefined ? undefined : commands.get(command.verb);
    if (command === undefined || known === undefined) {
      const facts = { phone: this.address, command: command?.verb ?? '' };
      this.context.rareLog.warn('ftp command not understood', facts);
      this.send(reply(command === undefined ? 500 : 502, 'This command is not known here.'));
      return;
    }
    this.state.forgetBefore(command.verb);
    try {
      const answer = known(this, command.argument);
      if (typeof answer === 'string') {
        this.send(answer);
        return;
      }
      this.#busy = true;
      answer.then(
        (text) => {
          this.#answered(text);
        },
        (error: unknown) => {
          this.#answered(this.#refused(command, error));
        },
      );
    } catch (error) {
      this.send(this.#refused(command, error));
    }
  }

  #answered(text: string): void {
    this.#busy = false;
    this.#heardAt = this.context.clock.now();
    this.send(text);
    this.#pump();
  }

  #refused({ verb, argument }: Command, thrown: unknown): string {
    const error = asBranchlineError(thrown);
    const { code, message } = error;
    const facts = {
      phone: this.address,
      command: verb,
      ...(verb === 'PASS' ? {} : { argument: argument.slice(0, 200) }),
      code,
    };
    if (code === 'INTERNAL') this.context.log.error({ ...facts, err: error }, 'ftp command failed');
    else this.context.log.info({ ...facts, reason: message }, 'ftp command refused');
    return refusalOf(error);
  }

  #finish(): void {
    if (this.#closed) return;
    this.#last = true;
    this.#socket.end();
    // A client that keeps its side open must not hold the session.
    setTimeout(() => this.#socket.destroy(), 1_000).unref();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    this.transfer?.abort(new BranchlineError('PHONE_STOPPED', 'the client left'));
    this.state.dropPlan();
    this.#onClosed();
  }
}
