import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import type { PageAsset, PageAssets } from './page-assets.ts';
import { routes } from './routes.ts';
import { registered, sendText } from './send.ts';
import { statusPage } from './status-page.ts';
import type { StatusSource } from './status.ts';

export interface PageRoutesOptions {
  readonly assets: PageAssets;
  readonly refreshS: number;
  readonly status: StatusSource;
}

/** What people look at. */
export function pageRoutes(app: FastifyInstance, options: PageRoutesOptions): void {
  const { refreshS, status } = options;
  const { css, js, icon } = options.assets;
  const byUrl = new Map<string, PageAsset>([css, js, icon].map((asset) => [asset.url, asset]));
  const assets = { css: css.url, js: js.url, icon: icon.url };

  app.route({
    ...registered(routes.page),
    handler: async (request, reply) => {
      const page = statusPage(await status.status(), { refreshS, assets });
      return await sendText(request, reply, page.text, 'text/html; charset=utf-8');
    },
  });

  app.route({
    ...registered(routes.asset),
    handler: async (request, reply) => {
      const asset = byUrl.get(request.url);
      if (asset === undefined) throw new BranchlineError('NOT_FOUND', 'the page has no such file');
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      reply.header('etag', asset.etag);
      if (request.headers['if-none-match'] === asset.etag) return await reply.code(304).send();
      return await reply.type(asset.type).send(asset.bytes);
    },
  });
}
