import { STATUS_CODES } from 'node:http';
import type { BranchlineError } from '#libs/errors';

/** A short answer that carries no file. */
export interface Refusal {
  readonly status: number;
  readonly headers: string[];
  readonly body: string;
}

/**
 * Telephones keep it with their password and answer without asking their user as long as it is the same: it must never
 * change.
 */
const realm = 'Branchline backups';

export const allowedMethods = 'GET, HEAD';

/** A phone that is told "try again" must not see a status that means "your fault". */
export function refusalOf(error: BranchlineError): Refusal {
  const { status, retry } = error.meaning;
  if (error.code === 'CREDENTIALS_WRONG') {
    return refusal(status, ['WWW-Authenticate', `Basic realm="${realm}"`]);
  }
  if (error.code === 'TRIES_EXCEEDED') return refusal(status);
  if (error.code === 'PHONE_SILENT') return refusal(408);
  return refusal(retry && status < 500 ? 503 : status);
}

export function refusal(status: number, extra: readonly string[] = []): Refusal {
  const body = `${status} ${STATUS_CODES[status] ?? 'Refused'}\n`;
  const length = String(Buffer.byteLength(body));
  return {
    status,
    headers: ['Content-Type', 'text/plain', 'Content-Length', length, ...extra],
    body,
  };
}

/** The same as bytes on the wire, for connections on which no request could be read. */
export function rawRefusal({ status, headers, body }: Refusal): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  for (let n = 0; n + 1 < headers.length; n += 2) lines.push(`${headers[n]}: ${headers[n + 1]}`);
  return [...lines, 'Connection: close', '', body].join('\r\n');
}
