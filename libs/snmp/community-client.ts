import { randomInt } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { BranchlineError } from '#libs/errors';
import { plainAddress } from '#libs/phones';
import { openAgentSocket } from './agent-socket.ts';
import { decodeMessage, encodeMessage, errorStatus, type SnmpMessage } from './message.ts';
import { interrupted, silent } from './refusal.ts';
import type { Patience, SnmpReader, StrangeAnswers } from './snmp-reader.ts';
import type { SnmpValue } from './snmp-value.ts';

export interface CommunityOptions extends Patience {
  readonly version: '1' | '2c';
  /** A secret: never logged. */
  readonly community: string;
  /** UDP port of the agents. */
  readonly port: number;
  /** Local address that the questions come from; any of the fitting family when absent. */
  readonly bindAddress?: string | undefined;
}

/** A question that waits for its answer. */
interface Question {
  readonly address: string;
  readonly oids: readonly string[];
  readonly datagram: Buffer;
  readonly patience: Patience;
  readonly answered: (answer: SnmpMessage) => void;
  readonly failed: (error: BranchlineError) => void;
  asked: number;
  timer: NodeJS.Timeout | undefined;
}

/** Open questions at a time; a whole scan fits. */
const maxQuestions = 65_536;
/** Questions sent in one turn of the event loop. */
const sentPerTurn = 64;
const maxRequestId = 0x7fff_ffff;

/**
 * SNMP v1 and v2c: one socket per address family for all agents, answers matched by request id, address and port. A repeat
 * carries the same id, so that a late answer to the first try still counts.
 */
export class CommunityClient implements SnmpReader {
  readonly name = 'SNMP';
  readonly strange: StrangeAnswers = { malformed: 0, unasked: 0, foreign: 0 };
  readonly #options: CommunityOptions;
  readonly #questions = new Map<number, Question>();
  readonly #sockets = new Map<4 | 6, Socket>();
  #outbox: number[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(options: CommunityOptions) {
    this.#options = options;
  }

  /** A family that this machine has not is left out. @throws the system error when neither can be opened. */
  async start(): Promise<void> {
    const { bindAddress } = this.#options;
    const failures: unknown[] = [];
    for (const family of [4, 6] as const) {
      const address = isIP(bindAddress ?? '') === family ? bindAddress : undefined;
      try {
        const socket = await openAgentSocket({
          family,
          address,
          onDatagram: this.#onDatagram.bind(this),
          // A send that fails tells its own question; nothing else is lost with an error of the socket.
          onError: () => undefined,
        });
        this.#sockets.set(family, socket);
      } catch (error) {
        failures.push(error);
      }
    }
    if (this.#sockets.size === 0) throw failures[0];
  }

  async stop(): Promise<void> {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#outbox = [];
    for (const [id, question] of this.#questions) {
      this.#close(id, question);
      question.failed(interrupted(question.address));
    }
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(
      sockets.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.close();
        await closed;
      }),
    );
  }

  async get(
    address: string,
    oids: readonly string[],
    patience: Partial<Patience> = {},
  ): Promise<readonly SnmpValue[]> {
    const answer = await this.#ask(address, oids, patience);
    if (answer.errorStatus === errorStatus.noError)
      return answer.bindings.map(({ value }) => value);
    if (oids.length === 1) return [{ kind: 'noSuchObject' }];
    const values: SnmpValue[] = [];
    for (const oid of oids) values.push(...(await this.get(address, [oid], patience)));
    return values;
  }

  async #ask(
    anyAddress: string,
    oids: readonly string[],
    patience: Partial<Patience>,
  ): Promise<SnmpMessage> {
    const { version, community, timeoutMs, tries } = this.#options;
    const address = plainAddress(anyAddress);
    if (this.#questions.size >= maxQuestions) {
      throw silent(address, `it was not asked, because ${maxQuestions} questions are open`);
    }
    const id = this.#freeId();
    const { promise, resolve, reject } = Promise.withResolvers<SnmpMessage>();
    const question: Question = {
      address,
      oids,
      datagram: encodeMessage({
        kind: 'get',
        version,
        community,
        requestId: id,
        errorStatus: errorStatus.noError,
        errorIndex: 0,
        bindings: oids.map((oid) => ({ oid, value: { kind: 'null' } })),
      }),
      patience: { timeoutMs, tries, ...patience },
      answered: resolve,
      failed: reject,
      asked: 0,
      timer: undefined,
    };
    this.#questions.set(id, question);
    this.#outbox.push(id);
    this.#turn ??= setImmediate(() => {
      this.#sendSome();
    });
    return promise;
  }

  /** A sweep of thousands must not hold the event loop, and answers are read between two handfuls. */
  #sendSome(): void {
    for (const id of this.#outbox.splice(0, sentPerTurn)) {
      const question = this.#questions.get(id);
      if (question !== undefined) this.#send(id, question);
    }
    this.#turn =
      this.#outbox.length === 0
        ? undefined
        : setImmediate(() => {
            this.#sendSome();
          });
  }

  #send(id: number, question: Question): void {
    const { address, datagram, patience } = question;
    const socket = this.#sockets.get(isIP(address) === 6 ? 6 : 4);
    if (socket === undefined) {
      this.#close(id, question);
      question.failed(silent(address, 'this server has no socket for this kind of address'));
      return;
    }
    question.asked += 1;
    question.timer = setTimeout(() => {
      if (question.asked < patience.tries) this.#send(id, question);
      else {
        this.#close(id, question);
        question.failed(silent(address, `no answer to ${question.asked} questions`));
      }
    }, patience.timeoutMs);
    socket.send(datagram, this.#options.port, address, (error) => {
      // A full queue of the kernel is a packet lost on the way; anything else does not heal within the time.
      if (error === null || this.#questions.get(id) !== question) return;
      if ('code' in error && error.code === 'ENOBUFS') return;
      this.#close(id, question);
      question.failed(silent(address, error.message, error));
    });
  }

  #onDatagram(datagram: Buffer, from: RemoteInfo): void {
    const answer = this.#decode(datagram);
    if (answer === undefined) return;
    const { requestId, version, errorStatus: status, bindings } = answer;
    const question = this.#questions.get(requestId);
    if (question === undefined || answer.kind !== 'response') {
      this.strange.unasked += 1;
      return;
    }
    const fits =
      from.port === this.#options.port &&
      plainAddress(from.address) === question.address &&
      version === this.#options.version &&
      (status !== errorStatus.noError || isAbout(bindings, question.oids));
    if (!fits) {
      this.strange.foreign += 1;
      return;
    }
    this.#close(requestId, question);
    question.answered(answer);
  }

  #decode(datagram: Buffer): SnmpMessage | undefined {
    try {
      return decodeMessage(datagram);
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      this.strange.malformed += 1;
      return undefined;
    }
  }

  #close(id: number, question: Question): void {
    clearTimeout(question.timer);
    this.#questions.delete(id);
  }

  /** Random: a stranger who cannot see the question cannot answer it. */
  #freeId(): number {
    for (;;) {
      const id = randomInt(1, maxRequestId);
      if (!this.#questions.has(id)) return id;
    }
  }
}

const isAbout = (bindings: SnmpMessage['bindings'], oids: readonly string[]): boolean =>
  bindings.length === oids.length && bindings.every(({ oid }, index) => oid === oids[index]);
