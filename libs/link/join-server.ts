import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { hashToken, joinTlsOptions } from '#libs/identity';
import type { HubState } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { IssueCertificate } from './issuer.ts';
import { explainCertificate } from './explain-certificate.ts';
import type { HubTls } from './hub-identity.ts';
import { listenFailed } from './listen-failed.ts';
import { parseShape } from './parse.ts';
import { asRequestError, sendProblem } from './problem.ts';
import { requireProtocol } from './protocol.ts';
import { Diagnose, Join, maxBodyBytes, type Diagnosis, type JoinAnswer } from './shapes.ts';
import { tlsTrouble } from './tls-trouble.ts';
import { Tries } from './tries.ts';

export interface JoinServerOptions {
  readonly address: string;
  readonly port: number;
  readonly tls: HubTls;
  readonly state: HubState;
  readonly issue: IssueCertificate;
  /** The root metadata that a new branch trusts first. */
  readonly root: () => Promise<Buffer>;
  readonly hubId: string;
  /** Told after a branch has joined: one that joins again has lost its old certificates. */
  readonly onJoined: (branch: string) => void;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits?: Partial<JoinLimits>;
}

export interface JoinLimits {
  readonly connections: number;
  /** Requests a minute from one address. */
  readonly triesPerMinute: number;
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often to look whether an invitation is open. */
  readonly pollMs: number;
}

export const joinLimits: JoinLimits = {
  connections: 64,
  triesPerMinute: 20,
  headersMs: 5_000,
  requestMs: 10_000,
  pollMs: 500,
};

/**
 * Where a new branch gets its first certificate: TLS without a client certificate, so the port is open only while an
 * invitation is. A token is found by its hash, so that the time of an answer says nothing about it.
 */
export class JoinServer implements Service {
  readonly name = 'join';
  readonly #options: JoinServerOptions;
  readonly #limits: JoinLimits;
  readonly #tries: Tries;
  #tls: HubTls;
  #http: FastifyInstance<Server> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #troubled = false;
  #step: Promise<void> = Promise.resolve();

  constructor(options: JoinServerOptions) {
    this.#options = options;
    this.#limits = { ...joinLimits, ...options.limits };
    this.#tls = options.tls;
    this.#tries = new Tries(options.clock, this.#limits.triesPerMinute, 60_000);
  }

  /** True while an invitation is open. */
  get listening(): boolean {
    return this.#http !== undefined;
  }

  /** The port that is bound; undefined while no invitation is open. */
  get port(): number | undefined {
    const address: AddressInfo | string | null | undefined = this.#http?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** @throws BranchlineError LISTEN_FAILED, when an invitation is open and the port cannot be bound. */
  async start(): Promise<void> {
    this.#running = true;
    await this.refresh();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#step.catch(() => undefined);
    await this.#close();
  }

  /** Open or close at once, and not only at the next look: an invitation was made in this process. */
  async refresh(): Promise<void> {
    // One at a time: two that find the port closed would both open it.
    this.#step = this.#step.catch(() => undefined).then(() => this.#look());
    await this.#step;
  }

  /** Show another certificate from the next handshake on. */
  setCertificate(tls: HubTls): void {
    this.#tls = tls;
    this.#http?.server.setSecureContext(joinTlsOptions(tls));
  }

  #schedule(): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => {
      this.refresh()
        .then(() => {
          this.#troubled = false;
        })
        .catch((error: unknown) => {
          // Once, and not twice a second.
          if (!this.#troubled) this.#options.log.error({ err: error }, 'nobody can join');
          this.#troubled = true;
        })
        .finally(() => {
          this.#schedule();
        });
    }, this.#limits.pollMs);
  }

  async #look(): Promise<void> {
    const { state, clock, log, address, port } = this.#options;
    const open = this.#running && (await state.openInvitations(clock.now())).length > 0;
    if (open === this.listening) return;
    if (!open) {
      await this.#close();
      log.info('join port closed: no invitation is open');
      return;
    }
    const http = this.#build();
    try {
      await http.listen({ host: address, port });
    } catch (error) {
      throw listenFailed('JoinPort', address, port, error);
    }
    this.#http = http;
    log.info({ port: this.port }, 'join port open');
  }

  async #close(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    if (http === undefined) return;
    // The joining branch whose invitation was the last one still waits for its answer.
    const cut = setTimeout(
      () => {
        http.server.closeAllConnections();
      },
      this.#running ? this.#limits.requestMs : 500,
    );
    await http.close();
    clearTimeout(cut);
  }

  #build(): FastifyInstance<Server> {
    const { clock, log } = this.#options;
    const limits = this.#limits;
    const http = fastify({
      https: {
        ...joinTlsOptions(this.#tls),
        handshakeTimeout: limits.headersMs,
        headersTimeout: limits.headersMs,
        connectionsCheckingInterval: 1_000,
      },
      requestTimeout: limits.requestMs,
      bodyLimit: maxBodyBytes,
      forceCloseConnections: 'idle',
    });
    http.server.maxConnections = limits.connections;
    http.server.on('tlsClientError', tlsTrouble(log, clock));
    http.setErrorHandler((error, _request, reply) => this.#refuse(error, reply));
    http.setNotFoundHandler((_request, reply) =>
      sendProblem(reply, new BranchlineError('NOT_FOUND', 'joining has no such address')),
    );
    http.addHook('onRequest', async (request, reply) => {
      reply.header('connection', 'close');
      await this.#count(request, reply);
    });
    http.post('/v1/join', async (request, reply) => {
      await reply.send(await this.#join(request));
    });
    http.post('/v1/diagnose', async (request, reply) => {
      await reply.send(await this.#diagnose(request.body));
    });
    return http;
  }

  async #count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const waitMs = this.#tries.count(request.ip);
    if (waitMs === 0) return;
    this.#options.log.warn({ address: request.ip }, 'too many tries to join');
    const error = new BranchlineError('PEER_BUSY', 'too many tries; wait a minute');
    await sendProblem(reply, error, { status: 429, retryAfter: Math.ceil(waitMs / 1000) });
  }

  async #join(request: FastifyRequest): Promise<JoinAnswer> {
    const { state, clock, issue, root, hubId, onJoined, log } = this.#options;
    requireProtocol(request.body);
    const body = parseShape(Join, request.body, 'JOIN_REQUEST_INVALID', 'the request to join');
    const tokenHash = hashToken(body.token);
    const invitation = await state.findInvitation(tokenHash);
    if (invitation === undefined) throw unknownToken();
    const { certificatePem, fingerprint, notAfter } = await issue(body.csr, invitation.branch);
    const issued = { fingerprint, issuedAt: clock.now(), notAfter };
    const rootBytes = await root();
    // The state says whether it is used or expired: of two that come at once, it lets in one.
    const { name } = await state.redeem(tokenHash, issued, clock.now());
    log.info({ branch: name, address: request.ip, version: body.version }, 'branch joined');
    onJoined(name);
    return {
      certificate: certificatePem,
      authority: this.#tls.authorityPem,
      root: rootBytes.toString('base64'),
      hubId,
      branch: name,
    };
  }

  async #diagnose(body: unknown): Promise<Diagnosis> {
    const { state, clock } = this.#options;
    const { certificate } = parseShape(Diagnose, body, 'JOIN_REQUEST_INVALID', 'the certificate');
    const now = clock.now();
    try {
      await explainCertificate(certificate, this.#tls.authorityPem, state, now);
      return { code: 'OK', message: 'the hub accepts this certificate', now };
    } catch (error) {
      const { code, message } = asBranchlineError(error);
      return { code, message: message.slice(0, 1_000), now };
    }
  }

  async #refuse(thrown: unknown, reply: FastifyReply): Promise<void> {
    const error = asRequestError(thrown, 'JOIN_REQUEST_INVALID');
    if (error.code === 'INTERNAL') {
      this.#options.log.error({ err: thrown }, 'a branch could not join');
    } else {
      this.#options.log.warn({ code: error.code, reason: error.message }, 'refused to join');
    }
    await sendProblem(reply, error);
  }
}

function unknownToken(): BranchlineError {
  return new BranchlineError(
    'JOIN_TOKEN_UNKNOWN',
    'this hub has not made that invitation: it may be for another hub; make a new one with `branchline hub invite NAME`',
  );
}
