import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { BranchlineError } from '#libs/errors';
import { CollectedBytes } from './collected-bytes.ts';
import type { CheckTls } from './tls-of.ts';

export interface WebAnswer {
  readonly status: number;
  readonly bytes: Buffer;
}

/**
 * GET on a connection of its own, which is gone when `signal` says so, whatever it is at: a pool would wait for a
 * handshake that never ends.
 */
export async function webGet(
  url: string,
  signal: AbortSignal,
  tls: Partial<CheckTls> = {},
): Promise<WebAnswer> {
  const headers = { 'user-agent': 'Branchline-WatchDog', connection: 'close' };
  const options = { agent: false, headers, signal } as const;
  const request = url.startsWith('https:')
    ? https.get(url, { ...options, ...tls })
    : http.get(url, options);
  try {
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const collected = new CollectedBytes();
    await pipeline(response, collected, { signal });
    if (!response.complete) {
      throw new BranchlineError('LENGTH_MISMATCH', 'the answer was cut short');
    }
    return { status: response.statusCode ?? 0, bytes: collected.bytes };
  } finally {
    request.on('error', () => undefined).destroy();
  }
}
