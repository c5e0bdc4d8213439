import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';
import { ifThere, makeFolder, writeDurably } from '#libs/files';
import { hashPassword, verifyPassword } from '#libs/identity';

const name = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;
const maxAccounts = 100;
/** As NIST SP 800-63B § 3.1.1 has it for a password that stands alone. */
export const passwordLength = { from: 12, to: 256 } as const;

const fileSchema = Type.Object({
  accounts: Type.Array(Type.Object({ name: Type.String(), password: Type.String() }), {
    maxItems: maxAccounts,
  }),
});

interface Account {
  readonly name: string;
  /** As `hashPassword` makes it. */
  readonly password: string;
}

/** Who may sign in to the manager: `accounts.json` in a folder of its own, passwords by scrypt. */
export class Accounts {
  readonly #folder: string;
  readonly #file: string;
  /** A name that nobody has costs the same time as one with a wrong password. */
  #nobody: Promise<string> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = path.join(folder, 'accounts.json');
  }

  async names(): Promise<string[]> {
    return (await this.#read()).map((account) => account.name);
  }

  async verify(given: { readonly name: string; readonly password: string }): Promise<boolean> {
    const account = (await this.#read()).find((known) => known.name === given.name);
    this.#nobody ??= hashPassword('');
    const stored = account?.password ?? (await this.#nobody);
    const right = await verifyPassword(stored, given.password.slice(0, passwordLength.to));
    return right && account !== undefined;
  }

  /** Make an account, or give it another password. @throws BranchlineError USAGE with what is wrong with either. */
  async set(account: { readonly name: string; readonly password: string }): Promise<void> {
    requireName(account.name);
    requirePassword(account);
    const password = await hashPassword(account.password);
    await this.#inTurn(() => this.#put({ name: account.name, password }));
  }

  async #put(account: Account): Promise<void> {
    const others = (await this.#read()).filter((known) => known.name !== account.name);
    if (others.length >= maxAccounts) {
      throw new BranchlineError('USAGE', `there are ${maxAccounts} accounts: remove one first`);
    }
    await this.#write([...others, account]);
  }

  /** @throws BranchlineError USAGE for the last one: nobody could sign in any more. */
  async remove(gone: string): Promise<void> {
    await this.#inTurn(() => this.#remove(gone));
  }

  async #remove(gone: string): Promise<void> {
    const accounts = await this.#read();
    const left = accounts.filter((known) => known.name !== gone);
    if (left.length === accounts.length) {
      throw new BranchlineError('NOT_FOUND', `there is no account ${gone}`);
    }
    if (left.length === 0) {
      throw new BranchlineError('USAGE', `${gone} is the only account: make another one first`);
    }
    await this.#write(left);
  }

  /** What is read and then written goes one after the other. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(change);
    this.#last = mine.catch(() => undefined);
    await mine;
  }

  async #read(): Promise<readonly Account[]> {
    const text = await ifThere(readFile(this.#file, 'utf8'));
    if (text === undefined) return [];
    const body: unknown = JSON.parse(text);
    if (Check(fileSchema, body)) return body.accounts;
    throw new BranchlineError(
      'SETTINGS_INVALID',
      `${this.#file} does not hold accounts: restore it, or remove it and set the manager up again`,
    );
  }

  async #write(accounts: readonly Account[]): Promise<void> {
    await makeFolder(this.#folder, 0o700);
    await writeDurably(this.#file, `${JSON.stringify({ accounts }, null, 2)}\n`, { mode: 0o600 });
  }
}

function requireName(given: string): void {
  if (name.test(given)) return;
  throw new BranchlineError(
    'USAGE',
    'a name begins with a letter or digit and holds up to 64 letters, digits, spaces and . _ @ -',
  );
}

function requirePassword({ name: account, password }: Account): void {
  const { from, to } = passwordLength;
  const { length } = password;
  if (length < from || length > to) {
    throw new BranchlineError('USAGE', `a password has ${from} to ${to} characters`);
  }
  if (
    new Set(password.toLowerCase()).size < 5 ||
    password.toLowerCase() === account.toLowerCase()
  ) {
    throw new BranchlineError('USAGE', 'that password would be guessed: take several words');
  }
}
