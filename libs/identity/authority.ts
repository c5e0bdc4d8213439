import { BranchlineError } from '#libs/errors';
import { systemClock, type Clock } from '#libs/lifecycle';
import { createAuthority, loadAuthority } from './authority-files.ts';
import { readBranchRequest } from './branch-request.ts';
import { describeCertificate } from './describe-certificate.ts';
import { issueForBranch, issueForHub, type Issuer } from './issue.ts';
import { keyPemOf, newKeyPair } from './key-pair.ts';
import { requireBranchName } from './names.ts';
import { pinOf } from './pin.ts';

export interface HubCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A branch's new certificate. */
export interface IssuedBranchCertificate {
  readonly certificatePem: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** Unix milliseconds. */
  readonly notAfter: number;
  /** Lower-case hex. */
  readonly serial: string;
}

/**
 * The hub's private certificate authority: it alone says who is a branch, and its key's pin is what a join string
 * carries. Made on first use; its folder belongs into the hub's backup.
 */
export class Authority {
  readonly certificatePem: string;
  /** `sha256/…`, as in a join string. */
  readonly pin: string;
  /** Random, made with the authority and in all its certificates: a hub is known by it, not by its host name. */
  readonly hubId: string;
  readonly #issuer: Issuer;
  readonly #clock: Clock;

  private constructor(issuer: Issuer, clock: Clock) {
    this.certificatePem = issuer.certificate.toString();
    this.pin = pinOf(issuer.certificate);
    this.hubId = issuer.hubId;
    this.#issuer = issuer;
    this.#clock = clock;
  }

  /**
   * Load the authority in `folder`, or make one there when the folder is missing or empty.
   * @throws BranchlineError CERTIFICATE_INVALID when its files are damaged or do not belong together; DISK_FULL, WRITE_FAILED.
   */
  static async open(folder: string, options: { readonly clock?: Clock } = {}): Promise<Authority> {
    const clock = options.clock ?? systemClock;
    const found = await loadAuthority(folder);
    if (found !== undefined) return new Authority(found, clock);
    await createAuthority(folder, clock.now());
    const made = await loadAuthority(folder);
    if (made !== undefined) return new Authority(made, clock);
    throw new BranchlineError(
      'WRITE_FAILED',
      `${folder} is to hold the hub's authority but has other files: empty it, or name another folder`,
    );
  }

  /**
   * A key and certificate for the hub's listener.
   * @param names Host names and addresses of this hub, for tools that look at them; branches look at the hub's id.
   * @param lifeMs Milliseconds.
   */
  async issueHubCertificate(options: {
    readonly names: readonly string[];
    readonly lifeMs: number;
  }): Promise<HubCertificate> {
    const keys = await newKeyPair();
    const certificatePem = await issueForHub(this.#issuer, keys.publicKey, {
      ...options,
      now: this.#clock.now(),
    });
    return { certificatePem, keyPem: keyPemOf(keys.privateKey) };
  }

  /**
   * A certificate for the key that signed the request. What the request says about its owner is not looked at: the
   * caller knows `branch` from the invitation or from the connection.
   * @param lifeMs Milliseconds.
   * @throws BranchlineError JOIN_REQUEST_INVALID, NAME_MALFORMED.
   */
  async issueBranchCertificate(options: {
    readonly csrPem: string;
    readonly branch: string;
    readonly lifeMs: number;
  }): Promise<IssuedBranchCertificate> {
    const branch = requireBranchName(options.branch);
    const publicKey = await readBranchRequest(options.csrPem);
    const certificatePem = await issueForBranch(this.#issuer, publicKey, {
      branch,
      lifeMs: options.lifeMs,
      now: this.#clock.now(),
    });
    const { fingerprint, notAfterMs, serial } = describeCertificate(certificatePem);
    return { certificatePem, fingerprint, notAfter: notAfterMs, serial };
  }
}
