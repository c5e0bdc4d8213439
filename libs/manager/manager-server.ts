import { Server as TlsServer } from 'node:tls';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Audit } from '#libs/audit';
import { BranchlineError, systemCode } from '#libs/errors';
import type { Clock, Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { asRequestError, html, sendText } from '#libs/pages';
import { accountPage } from './account-page.ts';
import { Accounts } from './accounts.ts';
import { Assets } from './assets.ts';
import {
  managerApp,
  managerHeaders,
  managerLimits,
  requireOneHost,
  requireQuickBody,
  tlsOptions,
  type ManagerLimits,
  type ManagerTls,
} from './manager-app.ts';
import type { Desk, ManagerPage, View } from './manager-page.ts';
import { pageFrame } from './page-frame.ts';
import { csrfFits, Sessions, type Session } from './sessions.ts';
import { SetUpLink } from './set-up-link.ts';
import { SignInGate } from './sign-in-gate.ts';
import { signInRoutes } from './sign-in.ts';

export interface ManagerServerOptions {
  readonly address: string;
  /** `[MANAGER] ManagerPort`; 0 = any free one. */
  readonly port: number;
  /** PEM; undefined = plain HTTP. */
  readonly tls?: ManagerTls | undefined;
  /** Of the accounts: a folder of its own. */
  readonly folder: string;
  /** Name of the server that is managed. */
  readonly server: string;
  readonly version: string;
  readonly pages: readonly ManagerPage[];
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<ManagerLimits>;
}

/** One address that answers. */
export interface ManagerRoute {
  readonly method: string;
  /** With `:NAME` where it holds something. */
  readonly url: string;
  /** To everybody, without a sign-in. */
  readonly open: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a sign-in. */
    open?: boolean;
    /** It begins a session, whatever there was before: a form from an older page is as good. */
    begins?: boolean;
    /** The route checks the token itself, in a body that it streams. */
    csrfInBody?: boolean;
  }
  interface FastifyRequest {
    /** Who has signed in. */
    session: Session | undefined;
  }
}

/** The web administration (Guide p. 46): nothing is readable without a sign-in but the sign-in itself. */
export class ManagerServer implements Service {
  readonly name = 'manager';
  readonly #options: ManagerServerOptions;
  readonly #assets = new Assets();
  readonly #sessions: Sessions;
  readonly #accounts: Accounts;
  readonly #link: SetUpLink;
  readonly #pages: readonly ManagerPage[];
  readonly #gate: SignInGate;
  readonly #routes: ManagerRoute[] = [];
  #app: FastifyInstance | undefined;

  constructor(options: ManagerServerOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.clock);
    this.#accounts = new Accounts(options.folder);
    this.#link = new SetUpLink(options.folder, options.clock);
    this.#gate = new SignInGate(options.clock);
    this.#pages = [
      ...options.pages,
      accountPage({
        ...{ accounts: this.#accounts, sessions: this.#sessions, gate: this.#gate },
      }),
    ];
  }

  get port(): number | undefined {
    const address = this.#app?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** Everything that is answered, since the start. */
  get routes(): readonly ManagerRoute[] {
    return this.#routes;
  }

  /** True while nobody could sign in: then a one-time link is needed. */
  async needsSetUp(): Promise<boolean> {
    return (await this.#accounts.names()).length === 0;
  }

  /** Path of a new one-time link. */
  async setUpPath(): Promise<string> {
    return `/set-up?token=${await this.#link.make()}`;
  }

  /** @throws BranchlineError LISTEN_FAILED. */
  async start(): Promise<void> {
    const { address, port } = this.#options;
    await this.#assets.load();
    const app = await this.#build();
    try {
      await app.listen({ host: address, port });
    } catch (cause) {
      await app.close();
      throw new BranchlineError(
        'LISTEN_FAILED',
        `manager port ${port} on ${address} cannot be opened (${systemCode(cause) ?? String(cause)}): stop the other program or set another ManagerPort`,
        { cause },
      );
    }
    this.#app = app;
  }

  /** Show another certificate to who connects from now on. Without effect before the start, and on plain HTTP. */
  setTls(tls: ManagerTls): void {
    const server = this.#app?.server;
    if (server instanceof TlsServer) server.setSecureContext(tlsOptions(tls));
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.#app = undefined;
  }

  async #build(): Promise<FastifyInstance> {
    const limits = { ...managerLimits, ...this.#options.limits };
    const app = managerApp({
      tls: this.#options.tls,
      limits,
      refuse: (error, request, reply) => {
        void this.#refuse(error, request, reply);
      },
    });
    app.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat()) {
        this.#routes.push({ method: one, url, open: config?.open === true });
      }
    });
    await app.register(cookie);
    await app.register(formbody, { bodyLimit: limits.bodyBytes });
    app.decorateRequest('session', undefined);
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(managerHeaders);
      requireOneHost(request);
      // What a page fetches by itself is no sign of a person.
      const byItself = request.headers['x-renew'] !== undefined || isLive(request);
      request.session = this.#sessions.of(request.cookies[this.#cookie], !byItself);
      if (request.session === undefined) requireQuickBody(request, limits);
      if (request.session !== undefined || request.routeOptions.config.open === true) return;
      if (request.method === 'GET' && !isLive(request)) {
        const to = request.url === '/' ? '' : `?to=${encodeURIComponent(request.url)}`;
        await reply.redirect(`/sign-in${to}`, 303);
        return;
      }
      throw new BranchlineError('SIGN_IN_NEEDED', 'sign in first: open the manager in a browser');
    });
    app.addHook('preHandler', (request, _reply, next) => {
      this.#requireOwnForm(request);
      next();
    });
    app.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply));
    app.setNotFoundHandler((request) => {
      throw new BranchlineError(
        'NOT_FOUND',
        `the manager has no page ${request.url.slice(0, 200)}`,
      );
    });
    this.#assets.register(app);
    signInRoutes(app, {
      accounts: this.#accounts,
      sessions: this.#sessions,
      link: this.#link,
      gate: this.#gate,
      cookie: { name: this.#cookie, secure: this.#options.tls !== undefined },
      show: (request, reply, view) => this.#send(request, reply, view),
      audit: this.#options.audit,
      log: this.#options.log,
    });
    const desk = this.#desk();
    for (const page of this.#pages) page.register(app, desk);
    await app.ready();
    return app;
  }

  /** A browser keeps a name that begins so from every other host and path. */
  get #cookie(): string {
    return this.#options.tls === undefined ? 'branchline-manager' : '__Host-branchline-manager';
  }

  /** Whatever changes something comes from a form of ours, in a page of this very session. */
  #requireOwnForm(request: FastifyRequest): void {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const ownOrigin =
      origin === undefined ||
      hostOf(origin) === host?.toLowerCase() ||
      // What a page that hides its referrer says; then only the browser's own word counts.
      (origin === 'null' && site === 'same-origin');
    if (!ownOrigin || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
      throw refusedForm();
    }
    const { csrfInBody, begins } = request.routeOptions.config;
    if (request.session === undefined || csrfInBody === true || begins === true) return;
    const given: unknown = request.headers['x-csrf-token'] ?? bodyToken(request.body);
    if (!csrfFits(request.session, given)) throw refusedForm();
  }

  #desk(): Desk {
    return {
      page: (request, reply, view) => this.#send(request, reply, view),
      csrfField: (request) =>
        html`<input type="hidden" name="_csrf" value="${sessionOf(request).csrf}" />`,
      csrf: (request) => sessionOf(request).csrf,
      requireCsrf: (request, token) => {
        if (!csrfFits(sessionOf(request), token)) throw refusedForm();
      },
      done: (request, reply, to, message) => {
        sessionOf(request).message = message;
        return reply.redirect(to, 303);
      },
      account: (request) => sessionOf(request).account,
      audit: async (request, { kind, act, name, branch, result = 'done' }) => {
        const by = `administrator ${sessionOf(request).account} at ${request.ip}`;
        await this.#options.audit.commit([
          { act, by, via: 'manager', kind, name, result, ...(branch !== undefined && { branch }) },
        ]);
      },
      asset: (name) => this.#assets.url(name),
    };
  }

  async #send(request: FastifyRequest, reply: FastifyReply, view: View): Promise<FastifyReply> {
    const { session } = request;
    const message = session?.message;
    // What the script fetches to renew parts must not eat what a person is to read.
    if (session && request.headers['x-renew'] === undefined) session.message = undefined;
    const { server, version } = this.#options;
    const frame = {
      server,
      version,
      pages: this.#pages,
      asset: this.#assets.url.bind(this.#assets),
    };
    const [path = '/'] = request.url.split('?', 1);
    const page = pageFrame(frame, { ...view, path, session, message });
    reply.code(view.status ?? 200);
    return await sendText(request, reply, page.text, 'text/html; charset=utf-8');
  }

  async #refuse(
    thrown: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const error = asRequestError(thrown);
    const facts = { client: request.ip, method: request.method, code: error.code };
    if (error.meaning.fault === 'ours') this.#options.log.error({ ...facts, err: error }, 'failed');
    else this.#options.log.info({ ...facts, reason: error.message }, 'refused');
    // What is still to come of a refused body is not read.
    if (!request.raw.complete) reply.header('connection', 'close');
    const detail =
      error.meaning.fault === 'ours' ? 'The manager failed; its log says why.' : error.message;
    return await this.#send(request, reply.headers(managerHeaders), {
      title: 'That did not work',
      status: error.meaning.status,
      body: html`<div class="problem" role="alert">
        <p>${detail}</p>
        <p><code class="chip">${error.code}</code></p>
        <p><a href="/">Back to the overview</a></p>
      </div>`,
    });
  }
}

function sessionOf(request: FastifyRequest): Session {
  if (request.session !== undefined) return request.session;
  throw new BranchlineError('SIGN_IN_NEEDED', 'sign in first');
}

const refusedForm = (): BranchlineError =>
  new BranchlineError(
    'CSRF_REFUSED',
    'this form is not of your session, or it is old: go back, load the page again and send it again',
  );

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function bodyToken(body: unknown): unknown {
  return typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : undefined;
}

const isLive = ({ url }: FastifyRequest): boolean => url.startsWith('/live');
