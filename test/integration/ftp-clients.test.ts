import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ftpBranch, password } from '../support/ftp-branch.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const big = randomBytes(3 * 1024 * 1024 + 17);
const user = `mvuser:${password}`;

it.skipIf(!hasClient('curl'))('lets a telephone fetch its backup (curl)', async () => {
  const branch = await ftpBranch({ '1001_4620data.txt': 'one' });
  const url = `ftp://127.0.0.1:${branch.port}/1001_4620data.txt`;
  const { status, stdout } = await runClient('curl', ['-s', url]);
  expect([status, String(stdout)]).toEqual([0, 'one']);
  expect(await branch.ended(1)).toMatchObject([
    { server: 'ftp', name: '1001_4620data.txt', bytes: 3, outcome: 'done' },
  ]);
});

it.skipIf(!hasClient('curl')).each([
  ['plain', 'ftp', []],
  ['active', 'ftp', ['--ftp-port', '127.0.0.1']],
  ['PASV', 'ftp', ['--disable-epsv']],
  ['AUTH TLS', 'ftp', ['--ssl-reqd', '-k']],
  ['implicit TLS', 'ftps', ['-k']],
] as const)('stores and gives back large files, %s (curl)', async (_, scheme, options) => {
  const branch = await ftpBranch({}, { name: scheme });
  const folder = await tempFolder();
  await writeFile(path.join(folder, 'up'), big);
  const url = `${scheme}://127.0.0.1:${branch.port}/data/FTPdata/big.bin`;
  const up = await runClient('curl', ['-sS', '-u', user, '-T', 'up', ...options, url], {
    cwd: folder,
  });
  expect([up.status, up.stderr]).toEqual([0, '']);
  expect((await readFile(path.join(branch.root, 'big.bin'))).equals(big)).toBe(true);
  const down = await runClient('curl', ['-sS', '-u', user, ...options, url]);
  expect([down.status, down.stderr]).toEqual([0, '']);
  expect(down.stdout.equals(big)).toBe(true);
});
