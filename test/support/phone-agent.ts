import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { phoneObjects, systemObject } from '#libs/phones';
import {
  decodeMessage,
  encodeMessage,
  errorStatus,
  type Binding,
  type SnmpMessage,
  type SnmpValue,
} from '#libs/snmp';

/**
 * What an agent does with a question: `answers`; `silent`; `slow` (after `slowMs`); `late first` (the first question of each
 * id is not answered); `wrong id`, `wrong objects`, `garbage`: instead of the answer; `stranger`: the answer comes from another port.
 */
export type AgentManner =
  | 'answers'
  | 'silent'
  | 'slow'
  | 'late first'
  | 'wrong id'
  | 'wrong objects'
  | 'garbage'
  | 'stranger';

export interface PhoneAgentOptions {
  /** Loopback address of this phone: 127.x.y.z or ::1. */
  readonly address?: string;
  /** 0 for any; phones of one test share the port of the first. */
  readonly port?: number;
  readonly community?: string;
  readonly manner?: AgentManner;
  readonly slowMs?: number;
  /** Objects and their values; a string is an OCTET STRING. */
  readonly objects?: Readonly<Record<string, string | SnmpValue>>;
}

/** A telephone's SNMP agent for v1 and v2c on a loopback address. What it does may be changed at any time. */
export class PhoneAgent {
  manner: AgentManner;
  readonly slowMs: number;
  readonly objects: Map<string, SnmpValue>;
  /** The questions that came, in order. */
  readonly questions: SnmpMessage[] = [];
  /** Where the newest of them came from. */
  lastPort = 0;
  readonly #community: string;
  readonly #socket: Socket;
  readonly #stranger: Socket;
  readonly #seen = new Set<number>();

  constructor(options: PhoneAgentOptions, socket: Socket, stranger: Socket) {
    this.manner = options.manner ?? 'answers';
    this.slowMs = options.slowMs ?? 100;
    this.objects = new Map(
      Object.entries(options.objects ?? phoneOf4600('2001')).map(([oid, value]) => [
        oid,
        typeof value === 'string' ? { kind: 'string', bytes: Buffer.from(value, 'latin1') } : value,
      ]),
    );
    this.#community = options.community ?? 'public';
    this.#socket = socket;
    this.#stranger = stranger;
    socket.on('message', (datagram, from) => {
      this.#onDatagram(datagram, from);
    });
  }

  get address(): string {
    return this.#socket.address().address;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Send this to whoever asked last. */
  say(message: SnmpMessage): void {
    this.#socket.send(encodeMessage(message), this.lastPort, '127.0.0.1');
  }

  async stop(): Promise<void> {
    for (const socket of [this.#socket, this.#stranger]) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
  }

  #onDatagram(datagram: Buffer, from: RemoteInfo): void {
    const question = decodeMessage(datagram);
    this.lastPort = from.port;
    this.questions.push(question);
    if (question.community !== this.#community) return;
    const again = this.#seen.has(question.requestId);
    this.#seen.add(question.requestId);
    const answer = this.#answer(question);
    const send = (bytes: Buffer, socket = this.#socket): void => {
      socket.send(bytes, from.port, from.address);
    };
    switch (this.manner) {
      case 'silent':
        return;
      case 'late first':
        if (again) send(encodeMessage(answer));
        return;
      case 'slow':
        setTimeout(() => {
          if (this.#isOpen()) send(encodeMessage(answer));
        }, this.slowMs);
        return;
      case 'wrong id':
        send(encodeMessage({ ...answer, requestId: (answer.requestId + 1) % 0x7fff_ffff }));
        return;
      case 'wrong objects':
        send(encodeMessage({ ...answer, bindings: answer.bindings.slice(1) }));
        return;
      case 'garbage':
        send(Buffer.from('302902010004067075626c6963a21c0204', 'hex'));
        return;
      case 'stranger':
        send(encodeMessage(answer), this.#stranger);
        return;
      case 'answers':
        send(encodeMessage(answer));
    }
  }

  #isOpen(): boolean {
    try {
      return this.#socket.address().port !== 0;
    } catch {
      return false;
    }
  }

  /** v1 refuses the whole question for one object that it has not (RFC 1157, section 4.1.2). */
  #answer(question: SnmpMessage): SnmpMessage {
    const missing = question.bindings.findIndex(({ oid }) => !this.objects.has(oid));
    if (question.version === '1' && missing !== -1) {
      const status = { errorStatus: errorStatus.noSuchName, errorIndex: missing + 1 };
      return { ...question, ...status, kind: 'response' };
    }
    const bindings = question.bindings.map(({ oid }): Binding => {
      return { oid, value: this.objects.get(oid) ?? { kind: 'noSuchObject' } };
    });
    return { ...question, kind: 'response', bindings };
  }
}

/** Start one; it is stopped when the test has ended. */
export async function startPhoneAgent(options: PhoneAgentOptions = {}): Promise<PhoneAgent> {
  const { address = '127.0.0.1', port = 0 } = options;
  const sockets = await Promise.all(
    [port, 0].map(async (wanted) => {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      const listening = once(socket, 'listening');
      socket.bind({ address, port: wanted });
      await listening;
      return socket;
    }),
  );
  const [socket, stranger] = sockets;
  if (socket === undefined || stranger === undefined) throw new Error('no sockets');
  const agent = new PhoneAgent(options, socket, stranger);
  onTestFinished(async () => {
    await agent.stop();
  });
  return agent;
}

export interface PhoneFacts {
  readonly type?: string;
  readonly firmware?: string;
  readonly serial?: string;
  /** Twelve hexadecimal digits. */
  readonly mac?: string;
}

/** The objects of a phone of `family` (a name of `phoneObjects`) where `extension` is logged in. */
export function phoneOf(
  family: string,
  extension: string,
  facts: PhoneFacts = {},
): Record<string, string | SnmpValue> {
  const known = phoneObjects.find((objects) => objects.family === family);
  if (known === undefined) throw new Error(`no family ${family}`);
  const [extensionObject = ''] = known.extension;
  const { type = '4610D01A', firmware, serial, mac } = facts;
  const optional: readonly (readonly [string | undefined, SnmpValue | string | undefined])[] = [
    [known.firmware, firmware],
    [known.serial, serial],
    [known.mac, mac === undefined ? mac : { kind: 'string', bytes: Buffer.from(mac, 'hex') }],
  ];
  return {
    [systemObject]: { kind: 'object', oid: `${known.system}.1` },
    [extensionObject]: extension,
    [known.type]: type,
    ...Object.fromEntries(
      optional.flatMap(([oid, value]) =>
        oid === undefined || value === undefined ? [] : [[oid, value]],
      ),
    ),
  };
}

export const phoneOf4600 = (extension: string, type = '4610D01A') =>
  phoneOf('4600', extension, { type });
