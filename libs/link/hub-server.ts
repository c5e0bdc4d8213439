import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { ContentStore } from '#libs/files';
import { hubTlsOptions } from '#libs/identity';
import type { BranchRecord, HubState } from '#libs/journal';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import type { Admit } from './admit-peer.ts';
import { bodyDeadline } from './body-deadline.ts';
import { BranchGate } from './branch-gate.ts';
import { fileRoute } from './file-route.ts';
import { FileSlots } from './file-slots.ts';
import type { HubTls } from './hub-identity.ts';
import { hubLimits, type HubLimits } from './hub-limits.ts';
import type { IssueCertificate } from './issuer.ts';
import { ledgerRoute, type ToldLedger } from './ledger-route.ts';
import { listenFailed } from './listen-failed.ts';
import { LiveProgress, type ToldProgress } from './live-progress.ts';
import { metadataRoute, type ServedRelease } from './metadata-route.ts';
import { mirrorRoutes, type ToldMirror } from './mirror-route.ts';
import { parseShape } from './parse.ts';
import { asRequestError, sendProblem } from './problem.ts';
import { requireProtocol } from './protocol.ts';
import { restoreRoute, type HeldBackups, type RestoreRouteOptions } from './restore-route.ts';
import { SeenBranches } from './seen-branches.ts';
import {
  CheckIn,
  maxBodyBytes,
  protocolVersion,
  PullProgress,
  Renew,
  type CheckInAnswer,
  type ProgressAnswer,
  type RenewAnswer,
} from './shapes.ts';
import { tlsTrouble } from './tls-trouble.ts';
import { Tries } from './tries.ts';
import type { UploadIntake } from './upload-intake.ts';
import { isUpload, uploadRoutes } from './upload-routes.ts';
import { WaitingBranches } from './waiting-branches.ts';

export interface HubServerOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: HubTls;
  readonly state: HubState;
  readonly release: ServedRelease;
  readonly store: Pick<ContentStore, 'open'>;
  /** What comes up from branches; absent = this hub takes nothing. */
  readonly intake?: UploadIntake | undefined;
  /** Where backups are found again; absent = this hub gives none back. */
  readonly held?: HeldBackups | undefined;
  /** Told to the other hub of a pair; absent = there is none. */
  readonly ledger?: ToldLedger | undefined;
  /** Told to the other server of a pair that holds the same; absent = there is none. */
  readonly mirror?: ToldMirror | undefined;
  /** A backup goes down to a branch. */
  readonly onGiven?: RestoreRouteOptions['onGiven'] | undefined;
  readonly issue: IssueCertificate;
  readonly hubId: string;
  /** Hub ids from this hub up to the root hub, its own first. */
  readonly path: () => readonly string[];
  /** Version of this software. */
  readonly version: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits?: Partial<HubLimits>;
}

/** The hub's end of the link: mutual TLS only, on a port of its own (docs/protocol.md). */
export class HubServer implements Service {
  readonly name = 'hub';
  readonly #options: HubServerOptions;
  readonly #limits: HubLimits;
  readonly #gate: BranchGate;
  readonly #seen: SeenBranches;
  readonly #waiting = new WaitingBranches();
  readonly #progress = new LiveProgress();
  readonly #slots: FileSlots;
  readonly #mirrorSlots: FileSlots;
  readonly #reports: Tries;
  #tls: HubTls;
  #http: FastifyInstance<Server> | undefined;

  constructor(options: HubServerOptions) {
    const { state, clock, log } = options;
    this.#options = options;
    this.#limits = { ...hubLimits, ...options.limits };
    this.#tls = options.tls;
    this.#gate = new BranchGate({
      state,
      clock,
      log,
      pollMs: this.#limits.pollMs,
      socketsEach: this.#limits.connectionsPerBranch,
    });
    this.#seen = new SeenBranches(state, log, this.#limits.seenMs);
    this.#slots = new FileSlots(this.#limits.downloads, this.#limits.downloadsPerBranch);
    this.#mirrorSlots = new FileSlots(this.#limits.mirrorFiles, this.#limits.mirrorFiles);
    this.#reports = new Tries(clock, this.#limits.reportsPerMinute, 60_000);
  }

  /** The port that is bound; undefined while stopped. */
  get port(): number | undefined {
    const address: AddressInfo | string | null | undefined = this.#http?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** Branches that wait for the next release, and downloads that are running. */
  get load(): { readonly waiting: number; readonly downloads: number } {
    return { waiting: this.#waiting.size, downloads: this.#slots.used };
  }

  /** @throws BranchlineError LISTEN_FAILED, CERTIFICATE_INVALID. */
  async start(): Promise<void> {
    const { address, port } = this.#options;
    const http = this.#build();
    await this.#gate.start();
    try {
      await http.listen({ host: address, port });
    } catch (error) {
      this.#gate.stop();
      throw listenFailed('HubPort', address, port, error);
    }
    this.#http = http;
  }

  async stop(): Promise<void> {
    this.#gate.stop();
    await this.#http?.close();
    this.#http = undefined;
    await this.#seen.flush();
  }

  /** Tell the waiting branches that there is a newer release. */
  async wake(release: number): Promise<void> {
    await this.#waiting.wake(release);
  }

  /** Have one branch sync now; false when it does not wait here, and then it syncs if it comes within a minute. */
  call(branch: string): boolean {
    return this.#waiting.call(branch, this.#options.release.version());
  }

  /** How far the pull of a branch is; undefined while none is going on. */
  progress(branch: string): ToldProgress | undefined {
    return this.#progress.of(branch, this.#options.clock.now());
  }

  /** Somebody was revoked, or joined again, in this process: look at once and cut who is out. */
  async recheck(): Promise<void> {
    await this.#gate.recheck();
  }

  /** Show another certificate from the next handshake on; open connections stay. */
  setCertificate(tls: HubTls): void {
    this.#tls = tls;
    this.#http?.server.setSecureContext(hubTlsOptions(tls));
  }

  #build(): FastifyInstance<Server> {
    const { clock, log } = this.#options;
    const limits = this.#limits;
    const http = fastify({
      https: {
        ...hubTlsOptions(this.#tls),
        handshakeTimeout: limits.headersMs,
        headersTimeout: limits.headersMs,
        connectionsCheckingInterval: 1_000,
      },
      keepAliveTimeout: limits.keepAliveMs,
      bodyLimit: maxBodyBytes,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
    });
    http.server.maxConnections = limits.connections;
    http.server.on('secureConnection', (socket) => {
      this.#gate.opened(socket);
    });
    http.server.on('tlsClientError', tlsTrouble(log, clock));
    http.setErrorHandler((error, _request, reply) => this.#refuse(error, reply));
    http.setNotFoundHandler((_request, reply) =>
      sendProblem(reply, new BranchlineError('NOT_FOUND', 'the link has no such address')),
    );
    const code = 'LINK_REQUEST_INVALID';
    bodyDeadline(http, { ms: limits.requestMs, code, exempt: isUpload });
    this.#routes(http);
    return http;
  }

  #routes(http: FastifyInstance<Server>): void {
    const { release, store, log } = this.#options;
    const bodies = { pieceMs: this.#limits.pieceMs, log };
    const files = { ...bodies, store, slots: this.#slots };
    http.get<{ Params: { name: string } }>('/v1/metadata/:name', async (request, reply) => {
      const branch = await this.#admit(request, reply);
      await metadataRoute(release, bodies, branch.name, request.params.name, request, reply);
    });
    http.route<{ Params: { sha256: string } }>({
      method: ['GET', 'HEAD'],
      url: '/v1/files/:sha256',
      handler: async (request, reply) => {
        const { name } = await this.#admit(request, reply);
        await fileRoute(files, name, request.params.sha256, request, reply);
      },
    });
    http.get<{ Querystring: { since?: string } }>('/v1/events', async (request, reply) => {
      const { name } = await this.#admit(request, reply);
      await this.#event(name, request.query.since, reply);
    });
    http.post('/v1/check-in', async (request, reply) => {
      const { name } = await this.#admit(request, reply);
      await reply.send(await this.#checkIn(name, request.body));
    });
    http.post('/v1/progress', async (request, reply) => {
      const { name } = await this.#admit(request, reply);
      await reply.send(this.#noteProgress(name, request.body));
    });
    const { intake, held, ledger, mirror, onGiven = () => undefined } = this.#options;
    const admit: Admit = (request, reply) => this.#admit(request, reply);
    if (intake !== undefined) uploadRoutes(http, { intake, limits: this.#limits, admit });
    if (held !== undefined) restoreRoute(http, { held, admit, onGiven });
    if (ledger !== undefined) ledgerRoute(http, { ledger, files, admit });
    if (mirror !== undefined) {
      mirrorRoutes(http, { mirror, admit, files: { ...bodies, slots: this.#mirrorSlots } });
    }
    http.post('/v1/renew', async (request, reply) => {
      const { name } = await this.#admit(request, reply);
      await reply.send(await this.#renew(name, request.body));
    });
  }

  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<BranchRecord> {
    const { socket } = request.raw;
    try {
      if (!(socket instanceof TLSSocket)) throw new BranchlineError('INTERNAL', 'not a TLS socket');
      const branch = await this.#gate.admit(socket);
      this.#seen.note(branch.name, this.#options.clock.now());
      return branch;
    } catch (error) {
      reply.header('connection', 'close');
      throw error;
    }
  }

  async #event(branch: string, since: string | undefined, reply: FastifyReply): Promise<void> {
    if (since === undefined || !/^\d{1,15}$/.test(since)) {
      throw new BranchlineError('LINK_REQUEST_INVALID', 'since is not the number of a release');
    }
    const gone = new AbortController();
    const left = (): void => {
      gone.abort();
    };
    reply.raw.once('close', left);
    const newest = this.#options.release.version();
    const release =
      newest > Number(since) || this.#waiting.wasCalled(branch)
        ? newest
        : await this.#waiting.wait(branch, Number(since), this.#limits.waitMs, gone.signal);
    reply.raw.off('close', left);
    await (release === undefined ? reply.code(204).send() : reply.send({ release }));
  }

  async #checkIn(branch: string, body: unknown): Promise<CheckInAnswer> {
    const { hubId, path, version, release, clock, state } = this.#options;
    this.#count(branch);
    requireProtocol(body);
    const report = parseShape(CheckIn, body, 'LINK_REQUEST_INVALID', `the report of ${branch}`);
    const above = [...path()];
    if (report.hubId !== undefined && above.includes(report.hubId)) {
      throw new BranchlineError(
        'LINK_CYCLE',
        `${branch} is a hub above this one (${above.join(' → ')}): a hub cannot be its own branch; check HubAddress at both`,
      );
    }
    const now = clock.now();
    this.#progress.ended(branch);
    await state.recordReport(
      branch,
      {
        report: JSON.stringify(report),
        wholeRelease: report.state === 'in-sync' ? report.release : undefined,
        troubles: report.problems,
      },
      now,
    );
    return {
      protocol: protocolVersion,
      hubId,
      path: above,
      now,
      version,
      release: release.version(),
    };
  }

  #noteProgress(branch: string, body: unknown): ProgressAnswer {
    this.#count(branch);
    requireProtocol(body);
    const where = `the progress of ${branch}`;
    const progress = parseShape(PullProgress, body, 'LINK_REQUEST_INVALID', where);
    const nextMs = this.#progress.note(branch, progress, this.#options.clock.now());
    return { protocol: protocolVersion, nextMs };
  }

  async #renew(branch: string, body: unknown): Promise<RenewAnswer> {
    const { issue, state, log, clock } = this.#options;
    this.#count(branch);
    const { csr } = parseShape(Renew, body, 'LINK_REQUEST_INVALID', `the request of ${branch}`);
    const { certificatePem, fingerprint, notAfter } = await issue(csr, branch);
    // Before the answer: a certificate that the state does not know opens nothing.
    await state.addCertificate(branch, { fingerprint, issuedAt: clock.now(), notAfter });
    log.info({ branch, notAfter: new Date(notAfter).toISOString() }, 'certificate renewed');
    return { certificate: certificatePem, authority: this.#tls.authorityPem };
  }

  #count(branch: string): void {
    if (this.#reports.count(branch) === 0) return;
    throw new BranchlineError('PEER_BUSY', `${branch} reports too often; once a minute is enough`);
  }

  async #refuse(thrown: unknown, reply: FastifyReply): Promise<void> {
    const error = asRequestError(thrown, 'LINK_REQUEST_INVALID');
    if (error.code === 'INTERNAL') {
      this.#options.log.error({ err: thrown }, 'a request of a branch failed');
    }
    await sendProblem(reply, error, error.code === 'PEER_BUSY' ? { retryAfter: 60 } : {});
  }
}
