import {
  Unreachable,
  WrongAnswer,
  type Answer,
  type FileServers,
  type WebDoor,
  type WireProtocol,
} from './file-request.ts';
import { askFtp } from './ftp-wire.ts';
import { askTftp, type TftpRequest } from './tftp-wire.ts';
import { WebLines } from './web-line.ts';
import { askWeb, type WebManners, type WebRequest } from './web-wire.ts';

/** Who a telephone is. */
export interface PhoneSelf {
  /** Twelve hexadecimal digits, in lower case. */
  readonly mac: string;
  readonly model: string;
  /** Its own address, somewhere in 127/8. */
  readonly address: string;
  /** Whose log-in it has. */
  readonly extension: string;
  /** 0 to 999; an administrator sets it on the phone. */
  readonly group: number;
}

/**
 * The SHA-256 of every version that a file may have, oldest first, by its name in lower case with `/`.
 * A name that is not in it has to be refused with "no such file".
 */
export type KnownFiles = Readonly<Record<string, readonly string[]>>;

/** One request that was answered. */
export interface Asked {
  readonly protocol: WireProtocol;
  readonly port: number;
  readonly verb: 'get' | 'put' | 'delete';
  readonly name: string;
  readonly status: number;
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly ms: number;
  /** Which of the known versions came, from 0; undefined for what is no known file. */
  readonly version: number | undefined;
}

/** How one request is made: by TFTP, or on which ports of the web in turn. */
export type Way =
  | { readonly by: 'tftp'; readonly options?: TftpRequest['options'] }
  | { readonly by: 'web'; readonly doors: readonly WebDoor[]; readonly manners: WebManners };

/** A telephone between its power coming back and its display being ready: it asks, checks every byte and keeps a record. */
export class StartingPhone {
  readonly self: PhoneSelf;
  readonly servers: FileServers;
  readonly asked: Asked[] = [];
  /** What its scripts set, the last value of each. */
  readonly settings = new Map<string, string>();
  /** The firmware it runs, by the name it was loaded under; empty as delivered. */
  firmware = '';
  reboots = 0;
  readonly #known: KnownFiles;
  readonly #lines = new WebLines();
  /** What it has stored on the server, by name. */
  readonly #stored = new Map<string, Buffer>();

  constructor(self: PhoneSelf, servers: FileServers, known: KnownFiles) {
    this.self = self;
    this.servers = servers;
    this.#known = known;
  }

  /** The bytes of a file, or undefined when there is none of this name. Everything else is a failure of the server. */
  async get(name: string, way: Way): Promise<Buffer | undefined> {
    const { answer, door } = await this.#ask(name, 'get', way);
    const expected = this.#known[plain(name)];
    const { status, bytes, sha256, body } = answer;
    if (status === 404 && expected === undefined) {
      this.#note(door, 'get', name, answer, undefined);
      return undefined;
    }
    if (status !== 200) throw new WrongAnswer(`${name} by ${door.protocol}: status ${status}`);
    const version = expected?.indexOf(sha256) ?? -1;
    if (version < 0) {
      throw new WrongAnswer(`${name} by ${door.protocol}: ${bytes} bytes that it never had`);
    }
    this.#note(door, 'get', name, answer, version);
    return body;
  }

  /** The bytes of what this phone itself stored last, or undefined when there is none. */
  async restore(name: string, way: Way): Promise<Buffer | undefined> {
    const { answer, door } = await this.#ask(name, 'get', way);
    this.#compare(name, answer);
    this.#note(door, 'get', name, answer, undefined);
    return answer.status === 404 ? undefined : answer.body;
  }

  /** One attempt, no second one: so do phones. */
  async store(name: string, way: Way, body: Buffer, chunked = false): Promise<void> {
    const { answer, door } = await this.#ask(name, 'put', way, body, chunked);
    if (answer.status < 200 || answer.status > 299)
      throw new WrongAnswer(`${name} was not stored by ${door.protocol}: status ${answer.status}`);
    this.#stored.set(name, body);
    this.#note(door, 'put', name, answer, undefined);
  }

  async remove(name: string, way: Way): Promise<void> {
    const { answer, door } = await this.#ask(name, 'delete', way);
    if (answer.status < 200 || answer.status > 299)
      throw new WrongAnswer(`${name} was not removed: status ${answer.status}`);
    this.#stored.delete(name);
    this.#note(door, 'delete', name, answer, undefined);
  }

  async storeByFtp(name: string, mode: 'passive' | 'active', body: Buffer): Promise<void> {
    const answer = await this.#askFtp(name, mode, body);
    if (answer.status !== 200) throw new WrongAnswer(`${name} by FTP: status ${answer.status}`);
    this.#stored.set(name, body);
  }

  async restoreByFtp(name: string, mode: 'passive' | 'active'): Promise<Buffer | undefined> {
    const answer = await this.#askFtp(name, mode);
    this.#compare(name, answer);
    return answer.status === 404 ? undefined : answer.body;
  }

  /** Close what it kept open. */
  hangUp(): void {
    this.#lines.closeAll();
  }

  /** New firmware has been loaded: it starts again from the first file. */
  reboot(firmware: string): void {
    this.hangUp();
    this.firmware = firmware;
    this.reboots += 1;
    this.settings.clear();
  }

  #compare(name: string, { status, bytes, body }: Answer): void {
    const stored = this.#stored.get(name);
    if (status === 404 && stored === undefined) return;
    if (status === 200 && stored?.equals(body) === true) return;
    throw new WrongAnswer(`${name}: status ${status} and ${bytes} bytes, not what was stored`);
  }

  async #askFtp(name: string, mode: 'passive' | 'active', body?: Buffer): Promise<Answer> {
    const { host, ftp: port } = this.servers;
    if (port === undefined) throw new Unreachable('this branch has no FTP');
    const { address: from } = this.self;
    const answer = await askFtp({
      ...{ host, port, from, mode, name, secure: false },
      ...(body && { body }),
    });
    const verb = body === undefined ? 'get' : 'put';
    this.#note({ protocol: 'ftp', port }, verb, name, answer, undefined);
    return answer;
  }

  /** On each door in turn until one opens. */
  async #ask(
    name: string,
    verb: Asked['verb'],
    way: Way,
    body?: Buffer,
    chunked = false,
  ): Promise<{ answer: Answer; door: { protocol: WireProtocol; port: number } }> {
    const { host, tftp } = this.servers;
    const { address: from } = this.self;
    if (way.by === 'tftp') {
      const { options = [] } = way;
      const answer = await askTftp({ host, port: tftp, from, name, options });
      return { answer, door: { protocol: 'tftp', port: tftp } };
    }
    let closed: unknown = new Unreachable('no server is known');
    for (const door of way.doors) {
      const request: WebRequest = {
        ...{ host, port: door.port, secure: door.protocol === 'https', from },
        ...{ method: methodOf[verb], target: `/${name}`, manners: way.manners },
        ...(body && { body, chunked }),
      };
      try {
        return { answer: await askWeb(request, this.#lines), door };
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        closed = error;
      }
    }
    throw closed;
  }

  #note(
    { protocol, port }: { protocol: WireProtocol; port: number },
    verb: Asked['verb'],
    name: string,
    { status, bytes, firstByteMs, ms }: Answer,
    version: number | undefined,
  ): void {
    this.asked.push({
      protocol,
      port,
      verb,
      name,
      status,
      bytes,
      firstByteMs,
      ms,
      version,
    });
  }
}

const methodOf = { get: 'GET', put: 'PUT', delete: 'DELETE' } as const;

/** A name as the table of known files has it: no query, either slash, any case. */
const plain = (name: string): string =>
  name.replace(/\?.*$/, '').replaceAll('\\', '/').replace(/^\/+/, '').toLowerCase();
