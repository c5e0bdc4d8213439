import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import { BranchlineError } from '#libs/errors';
import { tftpFetch } from '#libs/tftp';
import type { DemoSite } from './demo-site.ts';
import type { FirmwareFile } from './firmware-set.ts';

/** One download as a telephone made it. */
export interface Download {
  readonly protocol: 'TFTP' | 'HTTP' | 'HTTPS';
  readonly name: string;
  readonly bytes: number;
  readonly ms: number;
}

// A telephone brings its own trust; the demo's certificate was made a minute ago.
const trusting = new Agent({ connect: { rejectUnauthorized: false } });

/** Fetch one file by each protocol, as a telephone would, and compare every byte with what went into the zip. */
export async function fetchLikePhones(
  site: DemoSite,
  byTftp: FirmwareFile,
  byWeb: FirmwareFile,
): Promise<Download[]> {
  return [
    await timed('TFTP', byTftp, () => tftpFetch('127.0.0.1', site.tftpPort, byTftp.name)),
    await timed('HTTP', byWeb, () =>
      downloadFrom(`http://127.0.0.1:${site.httpPort}/${byWeb.name}`),
    ),
    await timed('HTTPS', byWeb, () =>
      downloadFrom(`https://127.0.0.1:${site.httpsPort}/${byWeb.name}`),
    ),
  ];
}

async function timed(
  protocol: Download['protocol'],
  file: FirmwareFile,
  fetchIt: () => Promise<Buffer>,
): Promise<Download> {
  const start = performance.now();
  const bytes = await fetchIt();
  const ms = performance.now() - start;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === file.sha256) return { protocol, name: file.name, bytes: bytes.length, ms };
  throw new BranchlineError(
    'DIGEST_MISMATCH',
    `${file.name} by ${protocol} is not what went into the zip`,
  );
}

/** GET, as a telephone asks; `proof` says whose it is. @throws BranchlineError NOT_FOUND for any answer but 200. */
export async function downloadFrom(url: string, proof?: string): Promise<Buffer> {
  const { statusCode, body } = await request(url, { dispatcher: trusting, headers: asking(proof) });
  if (statusCode === 200) return Buffer.from(await body.arrayBuffer());
  await body.dump();
  throw new BranchlineError('NOT_FOUND', `${url} answered ${statusCode}`);
}

/** PUT, as a telephone saves; returns the status of the answer. */
export async function saveTo(url: string, bytes: Buffer, proof: string): Promise<number> {
  const { statusCode, body } = await request(url, {
    ...{ method: 'PUT', body: bytes },
    ...{ dispatcher: trusting, headers: asking(proof) },
  });
  await body.dump();
  return statusCode;
}

const asking = (proof?: string): Record<string, string> =>
  proof === undefined ? {} : { authorization: proof };
