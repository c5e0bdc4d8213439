import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { patienceMs, Unreachable, WrongAnswer, type Answer } from './file-request.ts';
import { ReceivedBody } from './received-body.ts';

export interface FtpRequest {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte, as on port 990. */
  readonly secure: boolean;
  /** The phone's own address. */
  readonly from: string;
  /** Who opens the data connection: the phone, or the server. */
  readonly mode: 'passive' | 'active';
  readonly name: string;
  /** Stored when it is there; read otherwise. */
  readonly body?: Buffer;
  /** Hang up in the middle. */
  readonly signal?: AbortSignal;
  /** The most bytes of the answer that are kept. */
  readonly keptBytes?: number;
}

/** FTP's replies (RFC 959 § 4.2) as HTTP would say them. */
const statusOf: Readonly<Record<number, number>> = {
  226: 200,
  250: 200,
  530: 401,
  550: 403,
  553: 403,
};

/**
 * Log in as a telephone does, store or read one file, and quit.
 * @throws Unreachable when there is no connection or it ends too early; WrongAnswer on a reply that makes no sense.
 */
export async function askFtp(request: FtpRequest): Promise<Answer> {
  const began = performance.now();
  const control = await FtpControl.open(request);
  try {
    const first = await control.reply();
    const firstByteMs = performance.now() - began;
    const received = new ReceivedBody(request.keptBytes);
    const status = first === 220 ? await transfer(control, request, received) : 503;
    return { status, ...received.finish(), firstByteMs, ms: performance.now() - began };
  } finally {
    control.close();
  }
}

async function transfer(
  control: FtpControl,
  { from, mode, name, body, secure }: FtpRequest,
  received: ReceivedBody,
): Promise<number> {
  const user = await control.ask('USER anonymous');
  if (user === 331) {
    const pass = await control.ask('PASS phone@');
    if (pass !== 230) return statusOf[pass] ?? pass;
  } else if (user !== 230) return statusOf[user] ?? user;
  if (secure) {
    await control.expect('PBSZ 0', 200);
    await control.expect('PROT P', 200);
  }
  await control.expect('TYPE I', 200);
  const data = await (mode === 'passive' ? control.passive(from) : control.active(from));
  const begun = await control.ask(`${body === undefined ? 'RETR' : 'STOR'} ${name}`);
  if (begun !== 150 && begun !== 125) {
    data.close();
    return control.status(begun);
  }
  await data.move(body, received);
  const ended = await control.reply();
  const status = control.status(ended);
  await control.ask('QUIT');
  return status;
}

interface DataChannel {
  /** Send `body` and hang up, or receive until the server hangs up. */
  readonly move: (body: Buffer | undefined, received: ReceivedBody) => Promise<void>;
  readonly close: () => void;
}

class FtpControl {
  readonly #socket: Socket;
  readonly #request: FtpRequest;
  readonly #lines: string[] = [];
  #rest = '';
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, request: FtpRequest) {
    this.#socket = socket;
    this.#request = request;
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\r\n');
      this.#rest = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#wake();
    });
    socket.on('error', () => undefined);
    request.signal?.addEventListener('abort', () => socket.destroy());
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(request: FtpRequest): Promise<FtpControl> {
    const { host, port, from, secure } = request;
    const plain = connect({ host, port, localAddress: from, noDelay: true });
    const socket = secure ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
    try {
      await once(socket, secure ? 'secureConnect' : 'connect');
    } catch (cause) {
      throw new Unreachable(`FTP at ${host}:${port}`, { cause });
    }
    return new FtpControl(socket, request);
  }

  /** The code of the next reply, however many lines it has. */
  async reply(): Promise<number> {
    for (;;) {
      const line = this.#lines.shift();
      if (line === undefined) {
        if (this.#ended) throw new Unreachable(`${this.#request.name}: FTP hung up`);
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.last = line;
      const code = /^(\d{3}) /.exec(line)?.[1];
      if (code !== undefined) return Number(code);
    }
  }

  /** 550 stands for many refusals (RFC 959 § 4.2.2): the server names the code. */
  status(reply: number): number {
    if (reply === 550 && this.last.includes('(NOT_FOUND)')) return 404;
    return statusOf[reply] ?? reply;
  }

  /** The last line that came. */
  last = '';

  async ask(line: string): Promise<number> {
    this.#socket.write(`${line}\r\n`, 'latin1');
    return await this.reply();
  }

  async expect(line: string, code: number): Promise<void> {
    const got = await this.ask(line);
    if (got !== code) throw new WrongAnswer(`${line} was answered: ${this.last}`);
  }

  async passive(from: string): Promise<DataChannel> {
    await this.expect('PASV', 227);
    const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(this.last)?.slice(1).map(Number);
    if (numbers === undefined) throw new WrongAnswer(`PASV was answered: ${this.last}`);
    const [a, b, c, d, high = 0, low = 0] = numbers;
    const plain = connect({
      host: [a, b, c, d].join('.'),
      port: high * 256 + low,
      localAddress: from,
    });
    await once(plain, 'connect');
    return this.#channel(
      () => Promise.resolve(this.#secured(plain)),
      () => plain.destroy(),
    );
  }

  async active(from: string): Promise<DataChannel> {
    const server = createServer();
    server.listen(0, from);
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    connected.catch(() => undefined);
    const bound = server.address();
    const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
    await this.expect(`PORT ${from.replaceAll('.', ',')},${port >> 8},${port & 255}`, 200);
    return this.#channel(
      async () => {
        const [socket] = await connected;
        server.close();
        return this.#secured(socket);
      },
      () => server.close(),
    );
  }

  close(): void {
    this.#socket.destroy();
  }

  #secured(plain: Socket): Socket | TLSSocket {
    return this.#request.secure ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
  }

  #channel(opened: () => Promise<Socket>, close: () => void): DataChannel {
    return {
      close,
      move: async (body, received) => {
        const socket = await opened();
        this.#request.signal?.addEventListener('abort', () => socket.destroy());
        socket.on('error', () => undefined);
        socket.on('data', (part: Buffer) => {
          received.take(part);
        });
        const over = once(socket, 'close');
        if (body !== undefined) socket.end(body);
        await over;
      },
    };
  }
}
