import { isIP } from 'node:net';
import type * as Library from 'net-snmp';
import type { Session, Varbind } from 'net-snmp';
import { BranchlineError } from '#libs/errors';
import { Turns } from '#libs/lifecycle';
import { plainAddress } from '#libs/phones';
import { interrupted, silent } from './refusal.ts';
import type { Patience, SnmpReader, StrangeAnswers } from './snmp-reader.ts';
import type { SnmpValue } from './snmp-value.ts';
import { libraryUser, type UserCredentials } from './user-credentials.ts';
import { flagsOf, ShieldedSocket } from './v3-shield.ts';

export interface UserOptions extends Patience {
  /** Holds secrets: never logged. */
  readonly credentials: UserCredentials;
  /** UDP port of the agents. */
  readonly port: number;
  /** Local address that the questions come from; any of the fitting family when absent. */
  readonly bindAddress?: string | undefined;
}

/** Sessions at a time, each with a socket of its own; the others wait. */
const maxSessions = 128;

/** SNMP v3 (RFC 3412 and 3414) through the library net-snmp, one session for each question. */
export class UserClient implements SnmpReader {
  readonly name = 'SNMP';
  readonly strange: StrangeAnswers = { malformed: 0, unasked: 0, foreign: 0 };
  readonly #options: UserOptions;
  readonly #turns = new Turns(maxSessions);
  readonly #open = new Map<Session, string>();
  #library: typeof Library | undefined;

  constructor(options: UserOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    // Only who uses v3 pays for it.
    this.#library = await import('net-snmp');
  }

  stop(): Promise<void> {
    this.#library = undefined;
    for (const [session, address] of this.#open) session.cancelRequests(interrupted(address));
    return Promise.resolve();
  }

  get(
    anyAddress: string,
    oids: readonly string[],
    patience: Partial<Patience> = {},
  ): Promise<readonly SnmpValue[]> {
    const address = plainAddress(anyAddress);
    return this.#turns.take(() => this.#get(address, oids, patience));
  }

  async #get(
    address: string,
    oids: readonly string[],
    patience: Partial<Patience>,
  ): Promise<readonly SnmpValue[]> {
    const library = this.#library;
    if (library === undefined) throw interrupted(address);
    const session = this.#openSession(library, address, patience);
    this.#open.set(session, address);
    try {
      const together = await ask(library, session, address, oids);
      if (together !== undefined) return together;
      if (oids.length === 1) return [{ kind: 'noSuchObject' }];
      const values: SnmpValue[] = [];
      for (const oid of oids) {
        const [value] = (await ask(library, session, address, [oid])) ?? [];
        values.push(value ?? { kind: 'noSuchObject' });
      }
      return values;
    } finally {
      this.#open.delete(session);
      session.close();
    }
  }

  #openSession(library: typeof Library, address: string, patience: Partial<Patience>): Session {
    const { credentials, port, bindAddress, timeoutMs, tries } = this.#options;
    const family = isIP(address);
    const transport = family === 6 ? 'udp6' : 'udp4';
    const { auth, privacy, context } = credentials;
    const neededFlags = flagsOf(auth !== undefined, privacy !== undefined);
    const { strange } = this;
    const session = library.createV3Session(address, libraryUser(library, credentials), {
      transport,
      port,
      context,
      timeout: patience.timeoutMs ?? timeoutMs,
      retries: (patience.tries ?? tries) - 1,
      ...(bindAddress !== undefined &&
        isIP(bindAddress) === family && { sourceAddress: bindAddress }),
      reportOidMismatchErrors: true,
      dgramModule: {
        createSocket: () => new ShieldedSocket(transport, { address, port, neededFlags, strange }),
      },
    });
    // A datagram that it cannot read; without a listener it would end the process.
    session.on('error', () => {
      strange.malformed += 1;
    });
    return session;
  }
}

/** The values, or undefined when the agent refuses the question. The library's errors hold the user: none is passed on. */
async function ask(
  library: typeof Library,
  session: Session,
  address: string,
  oids: readonly string[],
): Promise<readonly SnmpValue[] | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly SnmpValue[] | undefined>();
  session.get([...oids], (error: unknown, varbinds) => {
    if (error === null) resolve((varbinds ?? []).map((varbind) => valueOf(library, varbind)));
    else if (error instanceof BranchlineError) reject(error);
    else if (error instanceof library.RequestFailedError) resolve(undefined);
    else reject(silent(address, reasonOf(library, error)));
  });
  return promise;
}

function reasonOf(library: typeof Library, error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'RequestTimedOutError') return 'no answer';
  if (!(error instanceof library.ResponseInvalidError)) return error.message;
  const { code } = error;
  const refused = code === library.ResponseInvalidCode.EAuthFailure;
  return refused
    ? 'it and this server do not agree about the user, the protocols or the pass phrases'
    : `its answer is not valid (${library.ResponseInvalidCode[code] ?? code})`;
}

function valueOf(library: typeof Library, { type, value }: Varbind): SnmpValue {
  if (Buffer.isBuffer(value)) return { kind: 'string', bytes: value };
  if (typeof value === 'string') {
    return type === library.ObjectType.OID
      ? { kind: 'object', oid: value }
      : { kind: 'address', address: value };
  }
  if (typeof value === 'number') return { kind: 'integer', value };
  return { kind: 'noSuchObject' };
}
