import type { FastifyInstance } from 'fastify';
import type { Service } from '#libs/lifecycle';
import type { Logger } from '#libs/observe';
import { loadPageAssets, openStatusPort, sendText, statusApp } from '#libs/pages';
import { metricsContentType, watchdogMetrics } from './watchdog-metrics.ts';
import { watchdogPage } from './watchdog-page.ts';
import type { WatchdogStatus } from './watchdog-status.ts';

export interface WatchdogServerOptions {
  /** Address to bind, such as 127.0.0.1 or ::. */
  readonly address: string;
  /** Guide key StatusPort; 0 = any free one. */
  readonly port: number;
  /** Guide key StatusRefresh, seconds; 0 = the page stays as it is. */
  readonly refreshS: number;
  readonly status: () => WatchdogStatus;
  readonly log: Logger;
}

/** The watchdog's page (Guide p. 48), its JSON and its metrics. Nothing can be changed here. */
export class WatchdogServer implements Service {
  readonly name = 'watchdog page';
  readonly #options: WatchdogServerOptions;
  #app: FastifyInstance | undefined;

  constructor(options: WatchdogServerOptions) {
    this.#options = options;
  }

  /** The port that is bound, or undefined before `start`. */
  get port(): number | undefined {
    const address = this.#app?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** @throws BranchlineError LISTEN_FAILED. */
  async start(): Promise<void> {
    const app = await this.#build();
    await openStatusPort(app, this.#options);
    this.#app = app;
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.#app = undefined;
  }

  async #build(): Promise<FastifyInstance> {
    const { log, refreshS, status } = this.#options;
    const { css, icon } = await loadPageAssets();
    const app = statusApp({ log });
    app.get('/', async (request, reply) => {
      const page = watchdogPage(status(), { refreshS, assets: { css: css.url, icon: icon.url } });
      return await sendText(request, reply, page.text, 'text/html; charset=utf-8');
    });
    for (const asset of [css, icon]) {
      app.get(asset.url, async (_request, reply) => {
        reply.header('cache-control', 'public, max-age=31536000, immutable');
        return await reply.type(asset.type).send(asset.bytes);
      });
    }
    app.get('/api/v1/watchdog', () => status());
    app.get('/healthz', () => ({ status: 'ok' }));
    app.get('/metrics', async (request, reply) =>
      sendText(request, reply, await watchdogMetrics(status()), metricsContentType),
    );
    return app;
  }
}
