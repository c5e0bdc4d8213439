import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A control connection on which a test says every line itself; gone when the test is over. */
export class FtpDialogue {
  readonly #socket: Socket;
  readonly #address: string;
  #text = '';
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#address = socket.localAddress ?? '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Connect, from `localAddress`, and take the greeting. */
  static async open(port: number, localAddress = '127.0.0.1'): Promise<FtpDialogue> {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, 'connect');
    const dialogue = new FtpDialogue(socket);
    await dialogue.reply();
    return dialogue;
  }

  /** Log in, anonymous unless told. */
  static async loggedIn(
    port: number,
    { user = 'anonymous', password = 'x@', from = '127.0.0.1' } = {},
  ): Promise<FtpDialogue> {
    const dialogue = await FtpDialogue.open(port, from);
    await dialogue.say(`USER ${user}`);
    const answer = await dialogue.say(`PASS ${password}`);
    if (!answer.startsWith('230')) throw new Error(answer);
    return dialogue;
  }

  /** This side's address. */
  get address(): string {
    return this.#address;
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Send one command; returns the last line of its reply. */
  async say(command: string): Promise<string> {
    this.send(`${command}\r\n`);
    return await this.reply();
  }

  /** The last line of the next reply; empty when the connection is closed instead. */
  async reply(): Promise<string> {
    for (;;) {
      const [whole, last] = /^(?:(?!\d{3} ).*\r\n)*(\d{3} .*)\r\n/.exec(this.#text) ?? [];
      if (whole !== undefined && last !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return last;
      }
      if (this.#closed) return '';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** EPSV; returns the port. */
  async passive(): Promise<number> {
    const answer = await this.say('EPSV');
    const port = /\|\|\|(\d+)\|/.exec(answer)?.[1];
    if (port === undefined) throw new Error(answer);
    return Number(port);
  }

  /** A data connection to a port of the server. */
  async data(port: number, from = this.#address): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** Download by EPSV: the bytes, or the refusal. */
  async retrieve(name: string, verb = 'RETR'): Promise<Buffer | string> {
    const data = await this.data(await this.passive());
    const bytes = buffer(data);
    const begun = await this.say(`${verb} ${name}`);
    if (!begun.startsWith('150')) {
      data.destroy();
      await bytes.catch(() => undefined);
      return begun;
    }
    const received = await bytes;
    const ended = await this.reply();
    return ended.startsWith('226') ? received : ended;
  }

  /** Upload by EPSV; returns the last reply. */
  async store(name: string, bytes: Buffer | string, verb = 'STOR'): Promise<string> {
    const data = await this.data(await this.passive());
    const begun = await this.say(`${verb} ${name}`);
    if (!begun.startsWith('150')) return begun;
    data.end(bytes);
    return await this.reply();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async closed(): Promise<void> {
    if (!this.#closed) await once(this.#socket, 'close');
  }
}
