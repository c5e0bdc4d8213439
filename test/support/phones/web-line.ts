import { connect, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { patienceMs } from './file-request.ts';

/** Where a line leads, and how TLS is greeted there. */
export interface WebDoorway {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** The phone's own address. */
  readonly from: string;
  readonly tls?: SecureContextOptions;
}

/** Who listens at present. */
interface Listener {
  readonly received: (part: Buffer) => void;
  readonly failed: (why: string) => void;
}

/** All lines read into it in turn: what is to be kept is copied. */
const intoBuffer = Buffer.allocUnsafe(256 * 1024);
const nobody: Listener = { received: () => undefined, failed: () => undefined };

/** One connection of a telephone to a web server. */
export class WebLine {
  readonly #socket: Socket;
  #listener = nobody;
  connected = false;
  ended = false;

  constructor(doorway: WebDoorway) {
    this.#socket = this.#open(doorway);
    this.#socket.setTimeout(patienceMs, () => {
      this.#fail(`silent for ${patienceMs} ms`);
    });
    this.#socket.on('error', (cause) => {
      this.#fail(cause.message);
    });
    this.#socket.on('close', () => {
      this.#fail('hung up');
    });
  }

  /** Send a request, now or as soon as there is a connection; what comes goes to `listener` until the next one. */
  ask(bytes: Buffer, listener: Listener): void {
    this.#listener = listener;
    this.#socket.write(bytes);
  }

  close(): void {
    this.ended = true;
    this.#listener = nobody;
    this.#socket.destroy();
  }

  #fail(why: string): void {
    this.ended = true;
    this.#listener.failed(why);
  }

  #open({ host, port, secure, from, tls = {} }: WebDoorway): Socket {
    const options = {
      ...{ host, port, localAddress: from, noDelay: true },
      onread: {
        buffer: intoBuffer,
        callback: (bytes: number) => {
          this.#listener.received(intoBuffer.subarray(0, bytes));
          return true;
        },
      },
    };
    // A phone trusts what its settings told it to; that is tested where certificates are.
    const socket = secure
      ? connectTls({ ...options, rejectUnauthorized: false, secureContext: contextOf(tls) })
      : connect(options);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      this.connected = true;
    });
    return socket;
  }
}

const contexts = new Map<string, SecureContext>();

/** One for all phones that greet alike: making one costs more than the handshake. */
function contextOf(options: SecureContextOptions): SecureContext {
  const key = JSON.stringify(options);
  const context = contexts.get(key) ?? createSecureContext(options);
  contexts.set(key, context);
  return context;
}

/** The lines that one telephone keeps open between its requests, one for each door. */
export class WebLines {
  readonly #idle = new Map<string, WebLine>();

  /** One that was kept and still stands. */
  take(doorway: WebDoorway): WebLine | undefined {
    const key = keyOf(doorway);
    const line = this.#idle.get(key);
    this.#idle.delete(key);
    return line?.ended === false ? line : undefined;
  }

  keep(doorway: WebDoorway, line: WebLine): void {
    this.#idle.set(keyOf(doorway), line);
  }

  closeAll(): void {
    for (const line of this.#idle.values()) line.close();
    this.#idle.clear();
  }
}

const keyOf = ({ host, port, secure }: WebDoorway): string => `${host} ${port} ${String(secure)}`;
