import { BranchlineError, isErrorCode } from '#libs/errors';
import { describeCertificate, newcomerTlsOptions } from '#libs/identity';
import { collect } from './collect.ts';
import { Connection } from './connection.ts';
import type { HubIdentity } from './hub-identity.ts';
import { believed } from './link-codes.ts';
import { parseJson } from './parse.ts';
import { Diagnosis, maxBodyBytes } from './shapes.ts';
import type { ProxyOptions } from './tunnel.ts';

/** The join port is mostly closed: nobody waits long for it. */
const timeouts = { connectMs: 2_000, answerMs: 3_000, idleMs: 3_000 };

/**
 * A hub that does not like a certificate closes the connection and cannot say why (TLS 1.3). What can be found out: our own
 * clock may tell, and the hub's join port does, when it is open. Undefined when nothing speaks against the certificate.
 */
export async function diagnose(
  identity: HubIdentity,
  now: number,
  proxy?: ProxyOptions,
): Promise<BranchlineError | undefined> {
  const { notAfterMs } = describeCertificate(identity.certificatePem);
  if (notAfterMs <= now) {
    return new BranchlineError(
      'CERTIFICATE_EXPIRED',
      `this branch's certificate expired on ${new Date(notAfterMs).toISOString()}: compare the clocks, then join the hub ${identity.host} again with a new invitation`,
    );
  }
  try {
    return await askJoinPort(identity, proxy);
  } catch {
    // It is closed, or another kind of trouble than the certificate's.
    return undefined;
  }
}

async function askJoinPort(
  identity: HubIdentity,
  proxy: ProxyOptions | undefined,
): Promise<BranchlineError | undefined> {
  const { host, joinPort: port, certificatePem } = identity;
  const tls = newcomerTlsOptions(identity);
  const connection = new Connection({ host, port, proxy, timeouts, tls });
  try {
    const response = await connection.ask({
      method: 'POST',
      path: '/v1/diagnose',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ certificate: certificatePem }),
    });
    const where = `the diagnosis of ${host}:${port}`;
    const bytes = await collect(response, maxBodyBytes, 'PEER_ANSWER_INVALID', where);
    const { code, message } = parseJson(Diagnosis, bytes, 'PEER_ANSWER_INVALID', where);
    if (!isErrorCode(code) || !believed.has(code)) return undefined;
    return new BranchlineError(code, `the hub ${host} refuses this branch: ${message}`);
  } finally {
    await connection.destroy();
  }
}
