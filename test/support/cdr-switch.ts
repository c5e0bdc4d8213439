import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a record ends, by the format that the switch was told. */
export const recordFormats = {
  /** Customized: CR LF. */
  customized: '\r\n',
  /** Unformatted: CR LF and three NULs. */
  unformatted: '\r\n\0\0\0',
  lineFeed: '\n',
} as const;
export type RecordFormat = keyof typeof recordFormats;

export interface CdrSwitchOptions {
  readonly port: number;
  readonly host?: string;
  readonly format?: RecordFormat;
  /** Sent first on each connection, as IP Office does. */
  readonly dateRecord?: boolean;
  /** Before it connects again, doubled at each failure up to ten times as long. */
  readonly retryMs?: number;
}

/**
 * A switch with a raw CDR link: it connects as the client, sends one record after the other, keeps what it cannot send,
 * connects again by itself, and takes a record for sent once the kernel has it: nothing on this link is ever answered.
 */
export class CdrSwitch {
  readonly #options: Required<CdrSwitchOptions>;
  readonly #buffer: string[] = [];
  readonly #stop = new AbortController();
  #socket: Socket | undefined;
  #running: Promise<void> | undefined;
  #wake = Promise.withResolvers<undefined>();
  /** What each connection has handed to the kernel. */
  readonly sent: string[] = [];

  constructor(options: CdrSwitchOptions) {
    this.#options = {
      ...{ host: '127.0.0.1', format: 'customized', dateRecord: false, retryMs: 50 },
      ...options,
    };
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A call has ended. */
  call(record: string): void {
    this.#buffer.push(`${record}${recordFormats[this.#options.format]}`);
    this.#look();
  }

  /** Records that wait in the switch's memory. */
  get buffered(): number {
    return this.#buffer.length;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** All records are with the kernel. */
  async drained(): Promise<void> {
    while (this.#buffer.length > 0) await sleep(5);
  }

  /** Break off as it would when it loses power: also in the middle of a record. */
  async breakOff(partial = ''): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (partial !== '') {
      this.#noted(partial);
      await new Promise((done) => socket.write(partial, done));
    }
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    await gone;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#look();
    this.#socket?.destroy();
    await this.#running;
  }

  #look(): void {
    this.#wake.resolve(undefined);
    this.#wake = Promise.withResolvers<undefined>();
  }

  async #run(): Promise<void> {
    const { retryMs, host, port } = this.#options;
    let wait = retryMs;
    while (!this.#stop.signal.aborted) {
      const socket = connect(port, host);
      const up = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => {
          resolve(true);
        });
        socket.once('error', () => {
          resolve(false);
        });
      });
      if (up) {
        wait = retryMs;
        this.#socket = socket;
        await this.#talk(socket);
        this.#socket = undefined;
      }
      socket.destroy();
      await sleep(wait);
      wait = Math.min(wait * 2, retryMs * 10);
    }
  }

  async #talk(socket: Socket): Promise<void> {
    const { dateRecord, format } = this.#options;
    socket.on('error', () => undefined);
    const closed = new Promise<undefined>((resolve) => {
      socket.once('close', () => {
        resolve(undefined);
      });
    });
    socket.resume();
    this.sent.push('');
    if (dateRecord) {
      const date = `1126${recordFormats[format]}`;
      socket.write(date);
      this.#noted(date);
    }
    while (socket.writable && !this.#stop.signal.aborted) {
      const record = this.#buffer[0];
      if (record === undefined) {
        await Promise.race([this.#wake.promise, closed]);
        continue;
      }
      // It waits while the collector does not read: the record is still the switch's.
      const took = await Promise.race([
        new Promise<boolean>((resolve) => {
          socket.write(record, (error) => {
            resolve(error === undefined || error === null);
          });
        }),
        closed.then(() => false),
      ]);
      if (!took) return;
      this.#buffer.shift();
      this.#noted(record);
    }
  }

  #noted(bytes: string): void {
    const last = this.sent.length - 1;
    this.sent[last] = `${this.sent[last] ?? ''}${bytes}`;
  }
}
