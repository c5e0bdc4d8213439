import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';

export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Sent with its length. */
  body?: Buffer;
}

/** One request on a connection of its own; the target goes out as it stands. Rejects when the answer is cut short. */
export async function webFetch(
  origin: string,
  target: string,
  { body, ...options }: FetchOptions = {},
): Promise<WebAnswer> {
  const { hostname: host, port, protocol } = new URL(origin);
  const hostname = host.replace(/^\[|\]$/g, '');
  const { request } = protocol === 'https:' ? https : http;
  const { promise, resolve, reject } = Promise.withResolvers<WebAnswer>();
  const outgoing = request(
    { hostname, port, path: target, agent: false, rejectUnauthorized: false, ...options },
    (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const { statusCode: status = 0, headers } = answer;
        resolve({ status, headers, body: Buffer.concat(parts) });
      });
    },
  );
  outgoing.on('error', reject);
  if (body !== undefined) outgoing.setHeader('Content-Length', body.length);
  outgoing.end(body);
  return await promise;
}
