import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt's costs (RFC 7914): 32 MiB and some tens of milliseconds, on a thread of the pool. */
const logN = 15;
const blockSize = 8;
const parallel = 1;
const keyBytes = 32;
const saltBytes = 16;

const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([\w-]{11,86})\$([\w-]{22,86})$/;

/** A password as settings may keep it: `$scrypt$ln=15,r=8,p=1$SALT$HASH`, in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, keyBytes, { logN, blockSize, parallel });
  const costs = `ln=${logN},r=${blockSize},p=${parallel}`;
  return `$scrypt$${costs}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** True for what `hashPassword` makes, false for a password in plain text. */
export const isHashedPassword = (stored: string): boolean => form.test(stored);

/** Compare in constant time; `stored` is hashed, or plain as in old settings files. */
export async function verifyPassword(stored: string, given: string): Promise<boolean> {
  const [, ln, r, p, salt = '', hash = ''] = form.exec(stored) ?? [];
  if (ln === undefined) return timingSafeEqual(digest(stored), digest(given)) && stored !== '';
  const costs = { logN: Number(ln), blockSize: Number(r), parallel: Number(p) };
  // Costs beyond these would stop the server instead of a stranger.
  if (costs.logN < 1 || costs.logN > 18 || costs.blockSize < 1 || costs.blockSize > 16)
    return false;
  if (costs.parallel < 1 || costs.parallel > 4) return false;
  const expected = Buffer.from(hash, 'base64url');
  const key = await derive(given, Buffer.from(salt, 'base64url'), expected.length, costs);
  return timingSafeEqual(key, expected);
}

interface Costs {
  readonly logN: number;
  readonly blockSize: number;
  readonly parallel: number;
}

function derive(password: string, salt: Buffer, length: number, costs: Costs): Promise<Buffer> {
  const N = 2 ** costs.logN;
  const memory = 128 * N * costs.blockSize * 2;
  const options = { N, r: costs.blockSize, p: costs.parallel, maxmem: memory + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, length, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

const digest = (text: string): Buffer =>
  createHash('sha256').update(text.normalize('NFC')).digest();
