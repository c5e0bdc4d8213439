import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A connection on which a test writes every byte itself; gone when the test is over. */
export class RawConnection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** `origin` such as `https://127.0.0.1:4711`. */
  static async open(origin: string): Promise<RawConnection> {
    const { hostname: host, port: text, protocol } = new URL(origin);
    const port = Number(text);
    const secure = protocol === 'https:';
    const socket = secure
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connect({ host, port });
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, secure ? 'secureConnect' : 'connect');
    return new RawConnection(socket);
  }

  /** Text is sent as Latin-1: one character, one byte. */
  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Close the sending side only. */
  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Everything received so far, as Latin-1, once it fits `pattern`. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = this.#text();
      if (pattern.test(text)) return text;
      if (this.#closed) throw new Error(`closed before ${String(pattern)}: ${text.slice(0, 500)}`);
      await this.#more();
    }
  }

  /** Everything received, as Latin-1, once the server has closed the connection. */
  async closed(): Promise<string> {
    while (!this.#closed) await this.#more();
    return this.#text();
  }

  #text(): string {
    this.#received = [Buffer.concat(this.#received)];
    return this.#received[0]?.toString('latin1') ?? '';
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** The status codes of the answers in what was received. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** All that comes back for these bytes when the sending side is closed after them. */
export async function sendAll(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.end(bytes);
  await closed;
  return Buffer.concat(parts).toString('latin1');
}
