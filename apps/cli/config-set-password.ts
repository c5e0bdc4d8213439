import { stdin } from 'node:process';
import { asServerUser } from './as-server-user.ts';
import { superUserHash } from './super-user-hash.ts';
import { loadSettings } from '#libs/settings';
import { readPassword } from './read-password.ts';
import { changeSettings } from './settings-file.ts';

/** Puts the hash of a password, never the password, into the settings file; nothing else in it changes. */
export async function setPassword(
  file: string | undefined,
  { config }: { readonly config: string },
): Promise<void> {
  const settings = file ?? config;
  const password = await readPassword(stdin, 'Password of the super user');
  const hash = await superUserHash(password);
  await asServerUser(settings);
  await changeSettings(
    settings,
    { 'FTP/SUPassword': hash, 'FTP/SUPasswordFile': undefined },
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
