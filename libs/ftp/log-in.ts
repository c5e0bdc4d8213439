import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError } from '#libs/errors';
import { verifyPassword } from '#libs/identity';
import type { Clock } from '#libs/lifecycle';
import { checkArea } from './check-area.ts';
import type { FileArea } from './file-area.ts';
import { FailedTries } from '#libs/identity';
import { PhoneArea, type PhoneFiles } from './phone-area.ts';

export interface LogInOptions {
  readonly phones: PhoneFiles;
  /** Guide: EnableSU, SUUserName and SUPassword. */
  readonly superUser?: SuperUser | undefined;
  readonly clock: Clock;
}

export interface SuperUser {
  readonly name: string;
  /** As the settings hold it: scrypt-hashed, or plain as in old files. */
  readonly password: string;
  readonly area: FileArea;
}

const anonymous = new Set(['anonymous', 'ftp']);
/** Gets the check files without being asked who it is. */
const watchdog = 'watchdog';
/** Passwords that wait to be checked; each check takes some tens of milliseconds and 32 MiB. */
const maxWaiting = 16;

/** Lets telephones and the watchdog in without a password and the super user with his; one for all servers, as its bounds are. */
export class LogIn {
  readonly #options: LogInOptions;
  readonly #tries: FailedTries;
  #checking: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: LogInOptions) {
    this.#options = options;
    this.#tries = new FailedTries(options.clock);
  }

  /**
   * The files of whoever logs in from `address`.
   * @throws BranchlineError LOGIN_REFUSED, after a while; PHONE_UNVERIFIED.
   */
  async enter(address: string, user: string, password: string): Promise<FileArea> {
    if (user === watchdog && this.#options.superUser?.name !== watchdog) return checkArea;
    if (!anonymous.has(user.toLowerCase())) return await this.#superUser(address, user, password);
    const area = new PhoneArea(this.#options.phones, address);
    await area.verify();
    return area;
  }

  async #superUser(address: string, user: string, password: string): Promise<FileArea> {
    const { superUser } = this.#options;
    if (superUser === undefined) {
      await sleep(this.#tries.failed(address));
      throw refused('the super user is not enabled: see EnableSU in the settings');
    }
    if (this.#tries.blocked(address)) {
      throw refused('too many wrong passwords from this address: it has to wait');
    }
    // Checked whatever the name is, so that the time does not tell which names exist.
    const right = await this.#check(superUser.password, password);
    if (!right || user !== superUser.name) {
      await sleep(this.#tries.failed(address));
      throw refused(right ? 'there is no such user' : 'the password is wrong, or the name');
    }
    this.#tries.succeeded(address);
    return superUser.area;
  }

  /** One at a time: a storm of guesses must not take all processors. */
  async #check(stored: string, given: string): Promise<boolean> {
    if (this.#waiting >= maxWaiting) throw refused('too many passwords wait to be checked');
    this.#waiting += 1;
    const checked = this.#checking.then(() => verifyPassword(stored, given));
    this.#checking = checked.catch(() => undefined);
    try {
      return await checked;
    } finally {
      this.#waiting -= 1;
    }
  }
}

const refused = (why: string): BranchlineError =>
  new BranchlineError('LOGIN_REFUSED', `log-in refused: ${why}`);
