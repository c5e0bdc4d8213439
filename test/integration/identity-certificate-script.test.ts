import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeCertificate, openPhoneCertificate } from '#libs/identity';
import { hasClient } from '../support/real-client.ts';
import { tempTree } from '../support/temp-tree.ts';

const run = promisify(execFile);
const make = (folder: string, ...names: string[]): ReturnType<typeof run> =>
  run('sh', ['certs/make-phone-certificate.sh', ...names], {
    env: { ...process.env, FOLDER: folder },
  });

describe.skipIf(!hasClient('openssl'))('certs/make-phone-certificate.sh (openssl)', () => {
  it('makes what the server takes, once', async () => {
    const folder = await tempTree();
    await make(folder, 'files.example.com', '192.0.2.10', '2001:db8::1');
    const keyFile = path.join(folder, 'phone.key');
    const certFile = path.join(folder, 'phone.crt');
    const taken = await openPhoneCertificate({ certFile, keyFile, names: [] });
    expect(taken.made).toBe(false);
    expect(describeCertificate(taken.certificatePem).subject).toBe('CN=files.example.com');
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await expect(make(folder, 'other.example.com')).rejects.toMatchObject({ code: 1 });
    const again = await openPhoneCertificate({ certFile, keyFile, names: [] });
    expect(again).toEqual(taken);
  });

  it.each([[[]], [['a b']], [['-x;rm']], [['a/CN=b']]])('refuses %j', async (names) => {
    const folder = await tempTree();
    await expect(make(folder, ...names)).rejects.toMatchObject({ code: 2 });
    expect(await readdir(folder)).toEqual([]);
  });
});

it.skipIf(!hasClient('git'))(
  'leaves nothing in certs/ for git to take but its own three files (git)',
  async () => {
    const { stdout } = await run('git', ['ls-files', 'certs']);
    const kept = ['certs/.gitignore', 'certs/README.md', 'certs/make-phone-certificate.sh'];
    expect(stdout.trim().split('\n')).toEqual(kept);
    const ignored = await run('git', [
      'check-ignore',
      'certs/phone.key',
      'certs/x.pem',
      'certs/a/b',
    ]);
    expect(ignored.stdout.trim().split('\n')).toHaveLength(3);
  },
);
