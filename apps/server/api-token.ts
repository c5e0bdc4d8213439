import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { writeDurably } from '#libs/files';

/** Where commands on this machine find the token when the settings name none. */
const tokenFile = (stateDir: string): string => path.join(stateDir, 'api-token');

/** The token that "sync now" wants: the operator's own, else one made for this machine, readable by this user alone. */
export async function openApiToken(stateDir: string, configured: string): Promise<string> {
  if (configured !== '') return configured;
  const known = await readApiToken(stateDir);
  if (known !== undefined) return known;
  const token = randomBytes(32).toString('base64url');
  await writeDurably(tokenFile(stateDir), `${token}\n`, { mode: 0o600 });
  return token;
}

/** The token a running server has made, or undefined. */
export async function readApiToken(stateDir: string): Promise<string | undefined> {
  try {
    const token = (await readFile(tokenFile(stateDir), 'utf8')).trim();
    return token === '' ? undefined : token;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
