import { createHash, randomBytes } from 'node:crypto';
import { BranchlineError } from '#libs/errors';
import { isBranchName, isHubId } from './names.ts';
import { isPin } from './pin.ts';

/** All that a branch needs in order to find its hub, to know it, and to be let in once. */
export interface JoinString {
  /** Name or address of the hub. */
  readonly host: string;
  readonly joinPort: number;
  readonly hubPort: number;
  readonly branch: string;
  readonly token: string;
  /** `sha256/…` over the authority's public key. */
  readonly pin: string;
  readonly hubId: string;
}

const PREFIX = 'branchline-join-1.';
const OTHER_VERSION = /^branchline-join-\d+\./;
const MAX_LENGTH = 2_048;
const CHECK_LENGTH = 8;
const HOST = /^[A-Za-z0-9.:_-]{1,253}$/;
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/** One line without spaces, to be sent by mail or read into a terminal. It holds a secret until it is used. */
export function encodeJoinString(parts: JoinString): string {
  const { host, joinPort, hubPort, branch, token, pin, hubId } = parts;
  const payload = Buffer.from(
    JSON.stringify([host, joinPort, hubPort, branch, token, pin, hubId]),
  ).toString('base64url');
  return `${PREFIX}${payload}.${checkOf(payload)}`;
}

/**
 * Read a join string again; line breaks and spaces that a mail program put in are ignored.
 * @throws BranchlineError JOIN_STRING_INVALID when it is cut, mistyped, or of another version.
 */
export function decodeJoinString(text: string): JoinString {
  const line = text.length > 2 * MAX_LENGTH ? text : text.replaceAll(/\s+/g, '');
  if (line.length > MAX_LENGTH) throw invalid('it is too long');
  if (!line.startsWith(PREFIX)) {
    throw invalid(
      OTHER_VERSION.test(line)
        ? 'it is from another version of branchline'
        : `it does not begin with ${PREFIX}`,
    );
  }
  const [payload = '', check, ...more] = line.slice(PREFIX.length).split('.');
  if (check === undefined || more.length > 0) throw invalid('a part of it is missing');
  if (check !== checkOf(payload)) throw invalid('it is cut short or mistyped');
  const parts = partsOf(payload);
  if (parts === undefined) throw invalid('it does not name a hub and a branch');
  return parts;
}

/** A secret for one join, and what the hub remembers of it. */
export function createToken(): { readonly token: string; readonly tokenHash: string } {
  const token = randomBytes(24).toString('base64url');
  return { token, tokenHash: hashToken(token) };
}

/** SHA-256, lower-case hex. Tokens are random: there is nothing to slow down a guesser for. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function partsOf(payload: string): JoinString | undefined {
  const parts = listIn(Buffer.from(payload, 'base64url').toString());
  if (parts.length !== 7) return undefined;
  const [host, joinPort, hubPort, branch, token, pin, hubId] = parts;
  return matches(host, (text) => HOST.test(text)) &&
    isPort(joinPort) &&
    isPort(hubPort) &&
    matches(branch, isBranchName) &&
    matches(token, (text) => TOKEN.test(text)) &&
    matches(pin, isPin) &&
    matches(hubId, isHubId)
    ? { host, joinPort, hubPort, branch, token, pin, hubId }
    : undefined;
}

function listIn(json: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

function matches(value: unknown, valid: (text: string) => boolean): value is string {
  return typeof value === 'string' && valid(value);
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function checkOf(payload: string): string {
  const digest = createHash('sha256').update(`${PREFIX}${payload}`).digest('base64url');
  return digest.slice(0, CHECK_LENGTH);
}

function invalid(why: string): BranchlineError {
  return new BranchlineError(
    'JOIN_STRING_INVALID',
    `this is not a usable join string: ${why}; copy the whole line that \`branchline hub invite\` printed`,
  );
}
