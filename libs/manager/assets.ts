import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { sendText } from '#libs/pages';

interface Asset {
  readonly url: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The pages' own files, in memory; their addresses hold their hash, so that browsers may keep them for good. */
export class Assets {
  readonly #byName = new Map<string, Asset>();

  /** Read those of this lib, of the status page, whose style the manager has, and of the library that plots. */
  async load(): Promise<void> {
    for (const place of ['#assets/status.css', '#manager-assets/manager.css']) {
      const folder = path.dirname(fileURLToPath(import.meta.resolve(place)));
      for (const name of await readdir(folder)) await this.add(name, path.join(folder, name));
    }
    await this.add('uPlot.js', fileURLToPath(import.meta.resolve('uplot/dist/uPlot.esm.js')));
    await this.add('uPlot.css', fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css')));
  }

  async add(name: string, file: string): Promise<void> {
    const bytes = await readFile(file);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const type = types[path.extname(name)] ?? 'application/octet-stream';
    this.#byName.set(name, { url: `/assets/${hash}/${name}`, type, bytes });
  }

  url(name: string): string {
    const asset = this.#byName.get(name);
    if (asset === undefined) throw new BranchlineError('INTERNAL', `there is no asset ${name}`);
    return asset.url;
  }

  /** Open to everybody: the sign-in page needs them. */
  register(app: FastifyInstance): void {
    app.get<{ Params: { name: string } }>(
      '/assets/:hash/:name',
      { config: { open: true } },
      async (request, reply) => {
        const asset = this.#byName.get(request.params.name);
        if (asset?.url !== request.url) {
          throw new BranchlineError('NOT_FOUND', 'the manager has no such file');
        }
        reply.header('cache-control', 'public, max-age=31536000, immutable');
        return await sendText(request, reply, asset.bytes.toString(), asset.type);
      },
    );
  }
}
