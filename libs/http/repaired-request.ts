import { Duplex } from 'node:stream';

const endOfHead = '\r\n\r\n';

/**
 * The head that a phone meant. The 1220 and 1230 send raw control bytes in their User-Agent, which a strict parser must
 * refuse, and some send the bytes of a name beyond ASCII as they are: in the target they are percent-encoded, so that a
 * name is the same one as by TFTP and FTP. Nothing but these bytes is altered, and only in a complete GET or HEAD without a body. The result goes
 * through the strict parser again, on a connection that ends after it.
 */
export function repairedHead(received: Buffer): Buffer | undefined {
  const text = received.toString('latin1');
  if (!/^(?:GET|HEAD) /.test(text)) return undefined;
  if (text.indexOf(endOfHead) !== text.length - endOfHead.length) return undefined;
  const lines = text.split('\r\n');
  if (lines.some((line) => /^(?:content-length|transfer-encoding)[ \t]*:/i.test(line))) {
    return undefined;
  }
  const repaired = lines.map((line, index) => {
    if (index === 0) return line.replace(/[\x80-\xff]/g, percentEncoded);
    return /^user-agent:/i.test(line) ? line.replace(/[^\t\r\n\x20-\x7e\x80-\xff]/g, '?') : line;
  });
  return Buffer.from(repaired.join('\r\n'), 'latin1');
}

const percentEncoded = (byte: string): string =>
  `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A phone's connection on which `head` seems to have arrived; what is written goes to the phone. */
export class RepairedStream extends Duplex {
  readonly #phone: Duplex;
  #head: Buffer | undefined;

  constructor(phone: Duplex, head: Buffer) {
    super();
    this.#phone = phone;
    this.#head = head;
    phone.once('close', () => this.destroy());
  }

  override _read(): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.push(head);
  }

  override _write(
    chunk: Buffer | string,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#phone.write(chunk, encoding, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#phone.end(() => {
      callback();
      this.destroy();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#phone.destroy();
    callback(error);
  }
}
