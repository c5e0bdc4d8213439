import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One of the page's own files, in memory. */
export interface PageAsset {
  /** Its address holds its hash, so that browsers may keep it for good. */
  readonly url: string;
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
}

export type PageAssets = Record<'css' | 'js' | 'icon', PageAsset>;

/** Read the page's files from the package: from source, from dist and when installed alike. */
export async function loadPageAssets(): Promise<PageAssets> {
  const [css, js, icon] = await Promise.all([
    load('status.css', 'text/css; charset=utf-8'),
    load('status.js', 'text/javascript; charset=utf-8'),
    load('icon.svg', 'image/svg+xml'),
  ]);
  return { css, js, icon };
}

async function load(name: string, type: string): Promise<PageAsset> {
  const bytes = await readFile(fileURLToPath(import.meta.resolve(`#assets/${name}`)));
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { url: `/assets/${hash}/${name}`, type, etag: `"${hash}"`, bytes };
}
