import { readFile } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';
import type { AlarmMessage } from './alarm-message.ts';

export const receiverNames = ['webhook', 'syslog', 'mail', 'trap'] as const;
export type ReceiverName = (typeof receiverNames)[number];

/** Somebody outside who is told of alarms. */
export interface Receiver {
  readonly name: ReceiverName;
  /** For people; holds no secret. */
  readonly address: string;
  /**
   * Send one message; resolves with the answer, in words, once the receiver has it as far as its protocol can tell.
   * @throws BranchlineError ALARM_RECEIVER_UNREACHABLE (try again), ALARM_RECEIVER_REFUSED; when `signal` aborts, anything.
   */
  send(message: AlarmMessage, signal: AbortSignal): Promise<string>;
}

export const unreachable = (address: string, why: string): BranchlineError =>
  new BranchlineError(
    'ALARM_RECEIVER_UNREACHABLE',
    `${address} cannot be told of alarms (${why}): check that it runs, and the way to it`,
  );

export const refused = (address: string, why: string): BranchlineError =>
  new BranchlineError(
    'ALARM_RECEIVER_REFUSED',
    `${address} does not take the alarm (${why}): check what [ALARMS] says of it`,
  );

/** PEM of the authorities instead of those that Node.js trusts; read for every try. */
export async function authorityOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw refused(
      file,
      `the file of authorities cannot be read: ${systemCode(error) ?? 'no reason'}`,
    );
  }
}

/** Trying again does not mend a certificate. nodemailer keeps the code of the system's error under another name. */
export function isCertificateError(error: unknown): boolean {
  const original = error instanceof Error && 'originalCode' in error ? error.originalCode : '';
  return [systemCode(error), original].some((code) =>
    /^(?:ERR_TLS_CERT|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(String(code)),
  );
}

/** What an error says, without the secret that a server may repeat. */
export function reasonOf(error: unknown, secret = ''): string {
  const said =
    error instanceof Error && error.message !== ''
      ? error.message
      : String(systemCode(error) ?? error);
  return secret === '' ? said : said.replaceAll(secret, '***');
}

export const hostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
