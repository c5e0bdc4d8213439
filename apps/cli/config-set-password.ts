import { stdin } from 'node:process';
import { BranchlineError } from '#libs/errors';
import { hashPassword } from '#libs/identity';
import { isKnownPassword, loadSettings } from '#libs/settings';
import { readPassword } from './read-password.ts';
import { changeSettings } from './settings-file.ts';

const minLength = 8;
const maxLength = 128;

/** Puts the hash of a password, never the password, into the settings file; nothing else in it changes. */
export async function setPassword(
  file: string | undefined,
  { config }: { readonly config: string },
): Promise<void> {
  const settings = file ?? config;
  const password = await readPassword(stdin, 'Password of the super user');
  requireGood(password);
  await changeSettings(
    settings,
    { 'FTP/SUPassword': await hashPassword(password), 'FTP/SUPasswordFile': undefined },
    'config set-password',
  );
  const { values } = await loadSettings(settings, { env: {} });
  const { superUser, superUserName } = values.ftp;
  process.stdout.write(
    `${settings}: [FTP] SUPassword is set, as a hash\n` +
      (superUser
        ? `restart the server: then ${superUserName} logs in with it\n`
        : 'EnableSU=1 lets the super user in, after a restart\n'),
  );
}

function requireGood(password: string): void {
  if (isKnownPassword(password)) throw bad('everybody knows it: it stands in the Guide');
  if (password.length < minLength) throw bad(`it has fewer than ${minLength} characters`);
  if (Buffer.byteLength(password) > maxLength) throw bad(`it has more than ${maxLength} bytes`);
  if (/\p{Cc}/u.test(password)) throw bad('it has a control character');
}

const bad = (why: string): BranchlineError =>
  new BranchlineError('USAGE', `this password is refused: ${why}; nothing was changed`);
