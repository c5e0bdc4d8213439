import { setTimeout as sleep } from 'node:timers/promises';
import { Compile } from 'typebox/compile';
import { Check } from 'typebox/value';
import { BranchlineError, isErrorCode } from '#libs/errors';
import {
  branchCalledSchema,
  fleetMemberSchema,
  fleetSchema,
  logPageSchema,
  maxPhonesPerPage,
  phoneListSchema,
  readSettingsSchema,
  runAnswerSchema,
  statusSchema,
  type BranchCalled,
  type FleetAnswer,
  type FleetMember,
  type FleetQuery,
  type ListedPhone,
  type LogAnswer,
  type LogQuery,
  type PhoneList,
  type ReadSettings,
  type RunAnswer,
  type Status,
} from '#libs/pages';
import { readApiToken } from './api-token.ts';
import type { ServerPlan } from './server-plan.ts';

const answerMs = 10_000;
/** For what is read to its end. */
const reportMs = 60_000;
const pollMs = 200;

/** Compiled at first use: a fleet is long, and asked for again and again. */
const checks: {
  fleet?: ReturnType<typeof Compile<typeof fleetSchema>>;
  member?: ReturnType<typeof Compile<typeof fleetMemberSchema>>;
} = {};

export interface AskOptions {
  /** Until the whole answer is here, in milliseconds. */
  readonly ms?: number;
  /** Sent as it comes. */
  readonly body?: AsyncIterable<Buffer>;
}

/**
 * A stream is sent while its answer is awaited, and never again: fetch would keep all that it has sent, for a redirect
 * (Fetch standard, HTTP-network-or-cache fetch).
 */
const streamed = { duplex: 'half', redirect: 'error', window: null } as const;

/** Talks to the status port of a server on this machine. */
export class ServerClient {
  readonly #base: string;
  readonly #token: string | undefined;

  private constructor(base: string, token: string | undefined) {
    this.#base = base;
    this.#token = token;
  }

  static async open(plan: ServerPlan): Promise<ServerClient> {
    if (plan.status === undefined) {
      throw new BranchlineError(
        'NOT_RUNNING',
        'the settings have RunStatus=0: there is no port to ask on',
      );
    }
    const host = ['0.0.0.0', '::', ''].includes(plan.bindAddress) ? '127.0.0.1' : plan.bindAddress;
    const shown = host.includes(':') ? `[${host}]` : host;
    const token =
      plan.status.apiToken === '' ? await readApiToken(plan.folders.state) : plan.status.apiToken;
    return new ServerClient(`http://${shown}:${plan.status.port}`, token);
  }

  async status(): Promise<Status> {
    const body = await this.#ask('GET', '/api/v1/status');
    if (Check(statusSchema, body)) return body;
    throw strange(this.#base);
  }

  /** Which settings the server was started with. */
  async settings(): Promise<ReadSettings> {
    const body = await this.#ask('GET', '/api/v1/settings');
    if (Check(readSettingsSchema, body)) return body;
    throw strange(this.#base);
  }

  /** What its log has said last. */
  async logs(query: LogQuery): Promise<LogAnswer> {
    const words = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) words.set(key, String(value));
    const body = await this.#ask('GET', `/api/v1/logs?${words.toString()}`);
    if (Check(logPageSchema, body)) return body;
    throw strange(this.#base);
  }

  /** Every telephone, page by page; one that is seen meanwhile may stand in it twice or be left out. */
  async phones(): Promise<PhoneList> {
    const all: ListedPhone[] = [];
    for (;;) {
      const query = `?limit=${maxPhonesPerPage}&offset=${all.length}`;
      const page = await this.#ask('GET', `/api/v1/phones${query}`);
      if (!Check(phoneListSchema, page)) throw strange(this.#base);
      all.push(...page.phones);
      if (page.phones.length < maxPhonesPerPage) return { ...page, offset: 0, phones: all };
    }
  }

  /** The branches of this hub. @throws BranchlineError NOT_FOUND when it is none. */
  async branches(query: FleetQuery): Promise<FleetAnswer> {
    const asked = Object.entries(query).map(([key, value]): [string, string] => [key, `${value}`]);
    const body = await this.#ask(
      'GET',
      `/api/v1/branches?${new URLSearchParams(asked).toString()}`,
    );
    checks.fleet ??= Compile(fleetSchema);
    if (checks.fleet.Check(body)) return body;
    throw strange(this.#base);
  }

  /** @throws BranchlineError BRANCH_UNKNOWN. */
  async branch(name: string): Promise<FleetMember> {
    const body = await this.#ask('GET', `/api/v1/branches/${encodeURIComponent(name)}`);
    checks.member ??= Compile(fleetMemberSchema);
    if (checks.member.Check(body)) return body;
    throw strange(this.#base);
  }

  /** Have one branch sync now. @throws BranchlineError BRANCH_UNKNOWN, CERTIFICATE_REVOKED. */
  async callBranch(name: string): Promise<BranchCalled> {
    const body = await this.#ask('POST', `/api/v1/branches/${encodeURIComponent(name)}/sync`);
    if (Check(branchCalledSchema, body)) return body;
    throw strange(this.#base);
  }

  /** Start a run, or join the one that is on. */
  async sync(what: string): Promise<RunAnswer> {
    const query = what === 'all' ? '' : `?what=${encodeURIComponent(what)}`;
    return this.#run(await this.#ask('POST', `/api/v1/sync${query}`));
  }

  /** Follow a run to its end; `onChange` is called with each step seen. */
  async follow(first: RunAnswer, onChange: (run: RunAnswer) => void): Promise<RunAnswer> {
    let run = first;
    onChange(run);
    while (run.state === 'running') {
      await sleep(pollMs);
      run = this.#run(await this.#ask('GET', `/api/v1/sync/${encodeURIComponent(run.id)}`));
      onChange(run);
    }
    return run;
  }

  #run(body: unknown): RunAnswer {
    if (Check(runAnswerSchema, body)) return body;
    throw strange(this.#base);
  }

  /**
   * What is asked on the status port, as JSON; undefined for an answer without a body.
   * @throws BranchlineError NOT_RUNNING, PEER_ANSWER_INVALID, and what the server refuses with.
   */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { ms = answerMs, body }: AskOptions = {},
  ): Promise<unknown> {
    return await this.#ask(method, path, {
      signal: AbortSignal.timeout(ms),
      ...(body !== undefined && { ...streamed, body }),
    });
  }

  async #ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    init: RequestInit = { signal: AbortSignal.timeout(answerMs) },
  ): Promise<unknown> {
    const response = await this.#fetch(method, path, init);
    return await response.json().catch(() => undefined);
  }

  /** The bytes that are answered on the status port. @throws BranchlineError as `ask`. */
  async *read(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    const { body } = await this.#fetch('GET', path, { signal: AbortSignal.timeout(reportMs) });
    if (body !== null) yield* body;
  }

  async #fetch(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    init: RequestInit,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        ...init,
        method,
        headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
      });
    } catch (error) {
      throw new BranchlineError(
        'NOT_RUNNING',
        `no Branchline server answers at ${this.#base}; start it with \`branchline serve\`, or name its settings with --config`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    const body: unknown = await response.json().catch(() => undefined);
    throw refusalOf(body, response.status, this.#base);
  }
}

function refusalOf(body: unknown, status: number, base: string): BranchlineError {
  const problem = typeof body === 'object' && body !== null ? body : {};
  const code = 'code' in problem ? String(problem.code) : '';
  const detail = 'detail' in problem ? String(problem.detail) : `${base} answered ${status}`;
  return new BranchlineError(isErrorCode(code) ? code : 'PEER_ANSWER_INVALID', detail);
}

const strange = (base: string): BranchlineError =>
  new BranchlineError(
    'PEER_ANSWER_INVALID',
    `${base} does not answer as a Branchline server of this version does`,
  );
