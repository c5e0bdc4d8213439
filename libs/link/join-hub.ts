import { BranchlineError } from '#libs/errors';
import {
  createBranchRequest,
  decodeJoinString,
  fetchPinnedAuthority,
  newcomerTlsOptions,
  type BranchIdentity,
  type JoinString,
} from '#libs/identity';
import { systemClock, type Clock } from '#libs/lifecycle';
import { collect } from './collect.ts';
import { Connection, defaultTimeouts, type LinkTimeouts } from './connection.ts';
import { requireIssuedForUs } from './issued-for-us.ts';
import { parseJson } from './parse.ts';
import { asPeerError } from './peer-error.ts';
import { refusal } from './refusal.ts';
import { JoinAnswer, maxBodyBytes, protocolVersion, type Join } from './shapes.ts';
import { openTunnel, type ProxyOptions } from './tunnel.ts';

export interface JoinOptions {
  /** Version of this software, told to the hub. */
  readonly version: string;
  readonly proxy?: ProxyOptions | undefined;
  readonly timeouts?: Partial<LinkTimeouts>;
  readonly clock?: Clock;
}

/** What a join brings; the caller keeps both before anything else: the invitation is used. */
export interface JoinedHub {
  /** For `IdentityFolder.save`. */
  readonly identity: BranchIdentity;
  /** The root metadata to trust first. */
  readonly root: Buffer;
}

/**
 * Become a branch of the hub that made this join string: check its pin, make a key, ask for a certificate.
 * Nothing is sent before the pin is found right.
 * @throws BranchlineError JOIN_STRING_INVALID, JOIN_PIN_MISMATCH, JOIN_TOKEN_…, PEER_UNREACHABLE (also when no invitation is
 * open: the port is closed then), PEER_TOO_SLOW, PEER_BUSY, PROXY_REFUSED, PEER_ANSWER_INVALID.
 */
export async function joinHub(joinString: string, options: JoinOptions): Promise<JoinedHub> {
  const invitation = decodeJoinString(joinString);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const { host, joinPort, pin, hubId, branch } = invitation;
  const socket =
    options.proxy && (await openTunnel(options.proxy, host, joinPort, timeouts.connectMs));
  const authorityPem = await fetchPinnedAuthority(host, joinPort, pin, hubId, {
    timeoutMs: timeouts.connectMs,
    clock: options.clock ?? systemClock,
    ...(socket && { socket }),
  });
  const { keyPem, csrPem } = await createBranchRequest(branch);
  const body: Join = {
    protocol: protocolVersion,
    token: invitation.token,
    csr: csrPem,
    version: options.version,
  };
  const answer = await ask(invitation, authorityPem, body, timeouts, options.proxy);
  requireExpected(answer, invitation, authorityPem);
  const { certificate: certificatePem } = answer;
  requireIssuedForUs({ certificatePem, keyPem }, authorityPem, `${host}:${joinPort}`);
  const { hubPort } = invitation;
  return {
    identity: { hubId, host, hubPort, joinPort, branch, pin, keyPem, certificatePem, authorityPem },
    root: Buffer.from(answer.root, 'base64'),
  };
}

async function ask(
  { host, joinPort, hubId }: JoinString,
  authorityPem: string,
  body: Join,
  timeouts: LinkTimeouts,
  proxy: ProxyOptions | undefined,
): Promise<JoinAnswer> {
  const address = `${host}:${joinPort}`;
  const tls = newcomerTlsOptions({ authorityPem, hubId });
  const connection = new Connection({ host, port: joinPort, proxy, timeouts, tls });
  try {
    const response = await connection.ask({
      method: 'POST',
      path: '/v1/join',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.statusCode !== 200) throw await refusal(response, address);
    const where = `the answer of ${address}`;
    const bytes = await collect(response, maxBodyBytes, 'PEER_ANSWER_INVALID', where);
    return parseJson(JoinAnswer, bytes, 'PEER_ANSWER_INVALID', where);
  } catch (error) {
    throw asPeerError(error, address);
  } finally {
    await connection.destroy();
  }
}

function requireExpected(answer: JoinAnswer, invitation: JoinString, authorityPem: string): void {
  const same =
    answer.hubId === invitation.hubId &&
    answer.branch === invitation.branch &&
    answer.authority.trim() === authorityPem.trim();
  if (same) return;
  throw new BranchlineError(
    'PEER_ANSWER_INVALID',
    `${invitation.host}:${invitation.joinPort} has answered for another hub or branch than the join string names; ask for a new invitation`,
  );
}
