import { BranchlineError, systemCode, type ErrorCode } from '#libs/errors';

export interface TlsSide {
  /** Whose log it is for. */
  readonly role: 'hub' | 'branch';
  /** The other end, for people: `host:port`. */
  readonly peer: string;
}

/** What may be wrong with a certificate, or with the end that does not show one. */
type Fault =
  | 'missing'
  | 'strange'
  | 'expired'
  | 'early'
  | 'purpose'
  | 'revoked'
  | 'damaged'
  | 'refused'
  | 'not-tls'
  | 'old-tls';

/** OpenSSL's verdicts on a chain (X509_V_ERR_…), as Node names them: this end looked at the other's certificate. */
const VERDICTS: Readonly<Record<string, Fault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'early',
  CERT_REVOKED: 'revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'strange',
  SELF_SIGNED_CERT_IN_CHAIN: 'strange',
  UNABLE_TO_GET_ISSUER_CERT: 'strange',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'strange',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'strange',
  CERT_UNTRUSTED: 'strange',
  CERT_CHAIN_TOO_LONG: 'strange',
  INVALID_CA: 'strange',
  INVALID_PURPOSE: 'purpose',
  CERT_REJECTED: 'purpose',
  CERT_SIGNATURE_FAILURE: 'damaged',
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 'damaged',
  ERROR_IN_CERT_NOT_AFTER_FIELD: 'damaged',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'missing',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old-tls',
  ERR_SSL_NO_SHARED_CIPHER: 'old-tls',
};

/** TLS alerts by their numbers (RFC 8446 § 6, RFC 5246 § 7.2): the other end looked at ours. */
const ALERTS: Readonly<Record<string, Fault>> = {
  '40': 'refused',
  '42': 'refused',
  '43': 'purpose',
  '44': 'revoked',
  '45': 'expired',
  '46': 'refused',
  '48': 'strange',
  '49': 'refused',
  '70': 'old-tls',
  '116': 'missing',
};

const CODES: Readonly<Record<Fault, ErrorCode>> = {
  missing: 'CERTIFICATE_MISSING',
  strange: 'CERTIFICATE_STRANGE',
  expired: 'CERTIFICATE_EXPIRED',
  early: 'CLOCK_WRONG',
  purpose: 'CERTIFICATE_STRANGE',
  revoked: 'CERTIFICATE_REVOKED',
  damaged: 'CERTIFICATE_STRANGE',
  refused: 'CERTIFICATE_STRANGE',
  'not-tls': 'PEER_ANSWER_INVALID',
  'old-tls': 'PEER_ANSWER_INVALID',
};

/** What is said about a certificate, whoever looked at it. */
const WORDS: Readonly<Record<Fault, string>> = {
  missing: 'no certificate was shown',
  strange: 'the certificate is not from the authority of this hub',
  expired: 'the certificate has expired',
  early: 'the certificate is not valid yet',
  purpose: 'the certificate is not made for this end of the link',
  revoked: 'the certificate was revoked',
  damaged: 'the certificate is damaged or forged',
  refused: 'the certificate was refused',
  'not-tls': 'what answers does not speak TLS',
  'old-tls': 'the two ends have no version of TLS in common',
};

const JOIN = 'let the branch join with a new invitation (`branchline hub invite NAME`)';
const CLOCKS = 'compare the clocks of both servers and correct the wrong one';
const NOT_THE_HUB =
  'check the address of the hub, and whether a proxy on the way opens TLS connections';

const ADVICE_AT_HUB: Readonly<Record<Fault, string>> = {
  missing: 'telephones and browsers belong on the other ports; a branch has to join first',
  strange: `it may have joined another hub: ${JOIN}`,
  expired: `${CLOCKS}, then ${JOIN}`,
  early: CLOCKS,
  purpose: JOIN,
  revoked: JOIN,
  damaged: JOIN,
  refused: 'the branch may have joined another hub: see its log',
  'not-tls': 'telephones and browsers belong on the other ports',
  'old-tls': 'this port speaks TLS 1.2 and 1.3: telephones belong on the other ports',
};

const ADVICE_AT_BRANCH: Readonly<Record<Fault, string>> = {
  missing: `join the hub first: ${JOIN}`,
  strange: NOT_THE_HUB,
  expired: CLOCKS,
  early: CLOCKS,
  purpose: NOT_THE_HUB,
  revoked: JOIN,
  damaged: NOT_THE_HUB,
  refused: `see the hub's log, or ${JOIN}`,
  'not-tls': NOT_THE_HUB,
  'old-tls': NOT_THE_HUB,
};

/**
 * Say in people's words why a TLS connection between a hub and a branch failed, or undefined when certificates and TLS
 * have no part in it. At the hub give `socket.authorizationError ?? error` of `tlsClientError`: the error alone says
 * ECONNRESET. A branch whose certificate a hub refuses sees a closed connection only, and has to ask on the join port.
 */
export function explainTlsFailure(failure: unknown, side: TlsSide): BranchlineError | undefined {
  if (failure instanceof BranchlineError) return failure;
  const alert = ALERTS[alertIn(failure)];
  const name = nameOf(failure);
  const fault = alert ?? VERDICTS[name];
  if (fault === undefined) return undefined;
  const advice = side.role === 'hub' ? ADVICE_AT_HUB : ADVICE_AT_BRANCH;
  const who =
    alert === undefined ? `no link with ${side.peer}` : `${side.peer} refuses this server`;
  return new BranchlineError(
    CODES[fault],
    `${who}: ${WORDS[fault]} (${name}); ${advice[fault]}`,
    failure instanceof Error ? { cause: failure } : {},
  );
}

/** The number of the alert that OpenSSL reports, or an empty string. */
function alertIn(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : '';
  return /SSL alert number (\d+)/.exec(message)?.[1] ?? '';
}

/** Node's name of the failure; a write that fails is EPROTO, and only its text has the reason that a read names. */
function nameOf(failure: unknown): string {
  if (typeof failure === 'string') return failure;
  const name = systemCode(failure) ?? '';
  if (name !== 'EPROTO' || !(failure instanceof Error)) return name;
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(failure.message)?.[1];
  return reason === undefined ? name : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}
