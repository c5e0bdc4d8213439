import { BranchlineError } from '#libs/errors';
import { systemClock, type Clock } from '#libs/lifecycle';
import type { IdentifyPhone } from '#libs/phones';
import type { PasswordVerdict, RememberedPasswords } from './remembered-passwords.ts';
import { WrongTries } from './wrong-tries.ts';

export interface ProofRequest {
  /** Whose backup it is, by the file's name. */
  readonly extension: string;
  /** The phone's IP address as text. */
  readonly address: string;
  /** True when nobody on the way can read what was sent. */
  readonly encrypted: boolean;
  /** From the Authorization header. */
  readonly password: string | undefined;
}

/** To be called when the request has succeeded: a password that was shown for the first time is remembered then. */
export type Settle = () => Promise<void>;

/**
 * Is this telephone the one of the extension?
 * @throws BranchlineError PHONE_UNVERIFIED, NOT_YOURS, CREDENTIALS_WRONG or TRIES_EXCEEDED.
 */
export type PhoneProof = (request: ProofRequest) => Promise<Settle>;

export type ProofKind = 'snmp' | 'basic' | 'either' | 'none';

export interface ProofOptions {
  /** Asks by SNMP. */
  readonly identify: IdentifyPhone;
  readonly passwords: RememberedPasswords;
  readonly clock?: Clock;
}

const nothingToDo: Settle = () => Promise.resolve();

export function phoneProof(kind: ProofKind, options: ProofOptions): PhoneProof {
  const bySnmp = snmpProof(options.identify);
  const byPassword = new PasswordProof(options);
  switch (kind) {
    case 'snmp':
      return bySnmp;
    case 'basic':
      return (request) => byPassword.prove(request);
    case 'either':
      return (request) => byPassword.proveOrElse(request, bySnmp);
    case 'none':
      return () => Promise.resolve(nothingToDo);
  }
}

const snmpProof =
  (identify: IdentifyPhone): PhoneProof =>
  async ({ extension, address }) => {
    const identity = await identify(address);
    if (identity.extension === extension) return nothingToDo;
    throw new BranchlineError(
      'NOT_YOURS',
      `the telephone at ${address} is extension ${identity.extension} and wants the backup of ${extension}`,
    );
  };

/**
 * Proof by the password that the phone registers with at its call server. Nobody here knows it: the first one shown for
 * an extension is remembered, and from then on only that one opens its backups (docs/adr says what that protects).
 */
class PasswordProof {
  readonly #passwords: RememberedPasswords;
  readonly #wrong: WrongTries;

  constructor({ passwords, clock = systemClock }: ProofOptions) {
    this.#passwords = passwords;
    this.#wrong = new WrongTries(clock);
  }

  async prove(request: ProofRequest): Promise<Settle> {
    const verdict = await this.#check(request);
    if (verdict === 'right') return nothingToDo;
    if (verdict === 'unknown') return this.#rememberer(request, 'first');
    throw refused(request, verdict);
  }

  /** What another proof says counts more than a password that is new or changed. */
  async proveOrElse(request: ProofRequest, other: PhoneProof): Promise<Settle> {
    const verdict = await this.#check(request);
    if (verdict === 'right') return nothingToDo;
    try {
      await other(request);
    } catch (error) {
      const silent = error instanceof BranchlineError && error.code === 'PHONE_UNVERIFIED';
      if (!silent || !request.encrypted) throw error;
      if (verdict === 'unknown') return this.#rememberer(request, 'first');
      throw refused(request, verdict, error);
    }
    return verdict === 'none' ? nothingToDo : this.#rememberer(request, 'instead');
  }

  async #check(request: ProofRequest): Promise<PasswordVerdict | 'none'> {
    const { extension, address, encrypted, password } = request;
    if (!encrypted || password === undefined) return 'none';
    this.#wrong.require(address);
    const verdict = await this.#passwords.check(extension, password);
    if (verdict === 'wrong') this.#wrong.note(address);
    return verdict;
  }

  #rememberer({ extension, password = '' }: ProofRequest, how: 'first' | 'instead'): Settle {
    return () => this.#passwords.remember(extension, password, how);
  }
}

function refused(
  { extension, encrypted, password }: ProofRequest,
  verdict: PasswordVerdict | 'none',
  cause?: Error,
): BranchlineError {
  const forget = `branchline backups forget-password ${extension}`;
  if (!encrypted) {
    return new BranchlineError(
      'PHONE_UNVERIFIED',
      `the backup of ${extension} needs proof by a password, which counts over HTTPS only: set BRURI to an https address`,
    );
  }
  if (verdict === 'locked') {
    return new BranchlineError(
      'PHONE_UNVERIFIED',
      `the password of ${extension} was remembered with a key that has not come from the other server of the pair yet: ` +
        `it comes when that one answers; if both have lost it, run "${forget}"`,
      { cause },
    );
  }
  const why =
    password === undefined ? 'no password came with it' : 'another password is remembered';
  return new BranchlineError(
    'CREDENTIALS_WRONG',
    `the backup of ${extension} is refused: ${why}; after a change of the password run "${forget}"`,
    { cause },
  );
}
