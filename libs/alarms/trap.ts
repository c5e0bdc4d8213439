import { isIPv6 } from 'node:net';
import { lookup } from 'node:dns/promises';
import type * as Library from 'net-snmp';
import type { Session, Varbind } from 'net-snmp';
import { libraryUser, type SnmpAccess } from '#libs/snmp';
import type { AlarmMessage } from './alarm-message.ts';
import { hostPort, reasonOf, unreachable, type Receiver } from './receiver.ts';
import { alarmObjects, notifications } from './trap-objects.ts';

export interface TrapOptions {
  readonly host: string;
  readonly port: number;
  /** v2c or v3. Holds secrets. */
  readonly access: SnmpAccess;
  /** True: an InformRequest, which the receiver acknowledges. */
  readonly inform: boolean;
  /** Name of this server: its engine ID is made from it. */
  readonly server: string;
}

const answerMs = 3_000;
const tries = 3;

/** SNMP notifications (RFC 3416, sections 4.2.6 and 4.2.7) through the library net-snmp, one session for each. */
export class Trap implements Receiver {
  readonly name = 'trap';
  readonly address: string;
  readonly #options: TrapOptions;

  constructor(options: TrapOptions) {
    this.#options = options;
    const how = options.access.version === '3' ? 'v3' : 'v2c';
    this.address = `${hostPort(options.host, options.port)} (${options.inform ? 'inform' : 'trap'} ${how})`;
  }

  async send(message: AlarmMessage, signal: AbortSignal): Promise<string> {
    // Only who uses it pays for it.
    const library = await import('net-snmp');
    const { inform, access, server } = this.#options;
    let session: Session | undefined;
    try {
      session = await this.#open(library);
      signal.throwIfAborted();
      await notify(library, session, message, { inform, signal });
    } catch (error) {
      signal.throwIfAborted();
      // The library's errors may hold the user.
      throw unreachable(this.address, nameOf(error));
    } finally {
      session?.close();
    }
    if (inform) return 'acknowledged';
    const engine = access.version === '3' ? ` (engine ID ${engineIdOf(server)})` : '';
    return `sent; a trap gets no answer${engine}`;
  }

  async #open(library: typeof Library): Promise<Session> {
    const { host, port, access, server } = this.#options;
    const { address } = await lookup(host);
    const transport = isIPv6(address) ? 'udp6' : 'udp4';
    const waiting = { timeout: answerMs, retries: tries - 1, backoff: 1 };
    const common = { port, trapPort: port, transport, ...waiting } as const;
    const session =
      access.version === '3'
        ? library.createV3Session(address, libraryUser(library, access), {
            ...common,
            context: access.context,
            engineID: engineIdOf(server).slice(2),
          })
        : library.createSession(address, access.community, {
            ...common,
            version: library.Version2c,
          });
    return session;
  }
}

async function notify(
  library: typeof Library,
  session: Session,
  message: AlarmMessage,
  { inform, signal }: { readonly inform: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const end = (error: Error | null | undefined): void => {
    if (error) reject(error);
    else resolve(undefined);
  };
  // A datagram that it cannot read; without a listener it would end the process.
  session.on('error', end);
  const stop = (): void => {
    reject(new Error('no answer in time'));
  };
  signal.addEventListener('abort', stop, { once: true });
  const type = notifications[message.event];
  const varbinds: Varbind[] = alarmObjects(message).map(({ oid, value }) =>
    typeof value === 'number'
      ? { oid, type: library.ObjectType.Integer, value }
      : { oid, type: library.ObjectType.OctetString, value },
  );
  try {
    if (inform) session.inform(type, varbinds, end);
    else session.trap(type, varbinds, end);
    await promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason';
  return error.name === 'RequestTimedOutError' ? 'no answer' : reasonOf(error);
}

/** RFC 3411, SnmpEngineID: text that the administrator chose, under the number for examples. */
export const engineIdOf = (server: string): string =>
  `0x80007ed904${Buffer.from(server.replace(/[^\x21-\x7e]/g, '-').slice(0, 27)).toString('hex')}`;
