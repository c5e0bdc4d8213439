import { BranchlineError } from '#libs/errors';
import { hashPassword } from '#libs/identity';
import { isKnownPassword } from '#libs/settings';

const minLength = 8;
const maxLength = 128;

/** What stands in the settings for the super user's password. @throws BranchlineError USAGE for one that is no good. */
export async function superUserHash(password: string): Promise<string> {
  requireGood(password);
  return await hashPassword(password);
}

function requireGood(password: string): void {
  if (isKnownPassword(password)) throw bad('everybody knows it: it stands in the Guide');
  if (password.length < minLength) throw bad(`it has fewer than ${minLength} characters`);
  if (Buffer.byteLength(password) > maxLength) throw bad(`it has more than ${maxLength} bytes`);
  if (/\p{Cc}/u.test(password)) throw bad('it has a control character');
}

const bad = (why: string): BranchlineError =>
  new BranchlineError('USAGE', `this password is refused: ${why}; nothing was changed`);
