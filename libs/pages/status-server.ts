import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BranchlineError } from '#libs/errors';
import type { Service } from '#libs/lifecycle';
import type { Health, Logger, Metrics, RecentErrors } from '#libs/observe';
import type { AlarmDesk } from './alarm-desk.ts';
import { alarmsRoute } from './alarms-route.ts';
import { apiRoutes } from './api-routes.ts';
import { explainRoute, type Explainer } from './explain-route.ts';
import { EventFeed, type EventFeedOptions } from './event-feed.ts';
import { fleetRoutes, type Fleet } from './fleet-route.ts';
import { FreshStatus } from './fresh-status.ts';
import { healthRoutes } from './health-routes.ts';
import { historyRoute, type HistoryAsker } from './history-route.ts';
import { logsRoute, type LogAsker } from './logs-route.ts';
import type { PhoneLister } from './known-phones.ts';
import { loadPageAssets, type PageAssets } from './page-assets.ts';
import { pageRoutes } from './page-routes.ts';
import { phonesRoute } from './phones-route.ts';
import { takesLong, updatesRoute, type UpdateControl } from './updates-route.ts';
import { RunSpeed } from './run-speed.ts';
import type { ScanControl } from './scan-control.ts';
import { scanRoute } from './scan-route.ts';
import { openStatusPort, statusApp } from './status-app.ts';
import type { StatusSource } from './status.ts';
import type { SyncControl } from './sync-control.ts';
import { settingsRoute } from './settings-route.ts';
import type { ReadSettings } from './settings-api.ts';

export interface StatusServerOptions {
  /** Address to bind, such as 127.0.0.1 or ::. */
  readonly address: string;
  /** Guide key `StatusPort`; 0 = any free one. */
  readonly port: number;
  /** Guide key `StatusRefresh`, seconds; 0 = the page stays as it is. */
  readonly refreshS: number;
  /** `[Settings] ApiToken`; undefined = no commands are taken. */
  readonly apiToken?: string | undefined;
  readonly source: StatusSource;
  /** undefined = this server has no hub to sync with. */
  readonly sync?: SyncControl | undefined;
  /** undefined = nobody may ask here what a telephone would get. */
  readonly explain?: Explainer | undefined;
  /** undefined = this server keeps no list of telephones. */
  readonly phones?: PhoneLister | undefined;
  /** undefined = nothing is kept over time. */
  readonly history?: HistoryAsker | undefined;
  /** undefined = nobody may read the log here. */
  readonly logs?: LogAsker | undefined;
  /** The settings that this server was started with. */
  readonly settings?: ReadSettings | undefined;
  /** undefined = this server is not a hub. */
  readonly fleet?: Fleet | undefined;
  /** undefined = nobody may decide about updates here. */
  readonly updates?: UpdateControl | undefined;
  /** undefined = no scans are begun here. */
  readonly scans?: ScanControl | undefined;
  /** undefined = this server watches for no alarms. */
  readonly alarms?: AlarmDesk | undefined;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Refused commands are noted here. */
  readonly errors?: RecentErrors | undefined;
  readonly log: Logger;
  readonly events?: EventFeedOptions | undefined;
}

/** The status port: the page, its JSON, health, metrics, and "sync now". */
export class StatusServer implements Service {
  readonly name = 'status';
  readonly #options: StatusServerOptions;
  readonly #speed = new RunSpeed();
  readonly #status: FreshStatus;
  readonly #feed: EventFeed;
  #app: FastifyInstance | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: StatusServerOptions) {
    this.#options = options;
    this.#status = new FreshStatus(options.source, this.#speed);
    this.#feed = new EventFeed(options.events);
  }

  /** The port that is bound, or undefined before `start`. */
  get port(): number | undefined {
    const address = this.#app?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** @throws BranchlineError LISTEN_FAILED. */
  async start(): Promise<void> {
    const { address, port, sync, log } = this.#options;
    const app = this.#build(await loadPageAssets());
    await openStatusPort(app, { address, port });
    this.#app = app;
    this.#feed.start();
    this.#unsubscribe = sync?.subscribe((run) => {
      this.#speed.note(run, performance.now());
      this.#feed.tell(run);
    });
    log.info({ address, port: this.port }, 'status page open');
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#feed.stop();
    await this.#app?.close();
    this.#app = undefined;
  }

  #build(assets: PageAssets): FastifyInstance {
    const app = statusApp({
      log: this.#options.log,
      takesLong,
      onRefused: (error, request, reply) => {
        this.#noteWrongToken(error, request, reply);
      },
    });
    const { refreshS, health, metrics, apiToken, sync, explain, phones, alarms, log } =
      this.#options;
    const { history, fleet, logs, settings, scans, updates } = this.#options;
    pageRoutes(app, { assets, refreshS, status: this.#status });
    healthRoutes(app, { health, metrics, log, status: this.#status });
    apiRoutes(app, { apiToken, sync, log, status: this.#status, feed: this.#feed });
    if (phones !== undefined) phonesRoute(app, phones);
    if (history !== undefined) historyRoute(app, history);
    if (logs !== undefined) logsRoute(app, { apiToken, logs });
    if (settings !== undefined) settingsRoute(app, { apiToken, settings });
    if (fleet !== undefined) fleetRoutes(app, { apiToken, fleet });
    if (scans !== undefined) scanRoute(app, { apiToken, scans, log });
    if (alarms !== undefined) alarmsRoute(app, { apiToken, alarms });
    if (explain !== undefined) explainRoute(app, { apiToken, explain });
    if (updates !== undefined) updatesRoute(app, { apiToken, updates });
    return app;
  }

  #noteWrongToken(error: BranchlineError, request: FastifyRequest, reply: FastifyReply): void {
    if (error.code !== 'API_TOKEN_WRONG') return;
    const { log, errors } = this.#options;
    const { code } = error;
    log.warn({ client: request.ip, method: request.method, code }, 'command refused');
    errors?.note(
      code,
      `${request.ip} asked for ${request.routeOptions.url ?? 'something'} without the right ApiToken`,
    );
    reply.header('www-authenticate', 'Bearer');
  }
}
