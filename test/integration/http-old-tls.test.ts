import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { oldTls } from '#libs/http';
import { makePhoneCertificate, phoneCertificate } from '../support/phone-certificate.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { webBranch } from '../support/web-branch.ts';

const host = '127.0.0.1';

/** `old` as the settings TLSV1 and IPTel say; undefined is a listener of today. */
async function listener(old?: { encrypted: boolean; unencrypted: boolean }): Promise<number> {
  const pairs = [await phoneCertificate(), await makePhoneCertificate('ec')];
  const tls = { pairs, ...(old && oldTls(old)) };
  const { port } = await webBranch({ '46xxsettings.txt': 'SET A 1' }, { name: 'https', tls });
  return port;
}

const both = { encrypted: true, unencrypted: true };

/** Ask for a file as a phone with one cipher would; returns the end of what openssl has to say. */
async function ask(port: number, ...options: string[]): Promise<string> {
  const args = ['s_client', '-connect', `${host}:${port}`, '-ign_eof', ...options];
  const input = 'GET /46xxsettings.txt HTTP/1.0\r\n\r\n';
  const { stdout, stderr } = await runClient('openssl', args, { input });
  return `${stdout.toString()}${stderr}`;
}

/** Whether a phone that has spoken with this server before is known again. */
async function resumes(port: number, session: Buffer): Promise<boolean> {
  const options = { maxVersion: 'TLSv1.2', rejectUnauthorized: false, session } as const;
  const socket = connect({ host, port, ...options });
  await once(socket, 'secureConnect');
  const reused = socket.isSessionReused();
  socket.destroy();
  return reused;
}

it.skipIf(!hasClient('openssl')).each([
  ['NULL-SHA', '-tls1'],
  ['NULL-SHA', '-tls1_1'],
  ['AES128-SHA', '-tls1'],
  ['AES256-SHA', '-tls1_1'],
])(
  'an old telephone with %s and %s gets its file on its own port (openssl)',
  async (suite, version) => {
    const said = await ask(await listener(both), version, '-cipher', `${suite}:@SECLEVEL=0`);
    expect(said).toContain(`Cipher is ${suite}`);
    expect(said).toContain('SET A 1');
  },
);

it.skipIf(!hasClient('openssl'))(
  'takes AES from an old telephone that knows both (openssl)',
  async () => {
    const said = await ask(
      await listener(both),
      '-tls1',
      '-cipher',
      'NULL-SHA:AES128-SHA:@SECLEVEL=0',
    );
    expect(said).toContain('Cipher is AES128-SHA');
  },
);

it.skipIf(!hasClient('openssl')).each([
  ['the ports of today', undefined, '-tls1', 'NULL-SHA'],
  ['the ports of today', undefined, '-tls1_2', 'NULL-SHA'],
  ['the ports of today', undefined, '-tls1', 'AES128-SHA'],
  ['an old port without IPTel', { encrypted: true, unencrypted: false }, '-tls1', 'NULL-SHA'],
  ['an old port with IPTel alone', { encrypted: false, unencrypted: true }, '-tls1', 'AES128-SHA'],
  ['an old port', both, '-tls1_2', 'AES128-SHA'],
])('%s refuse %3$s with %4$s (openssl)', async (_, old, version, suite) => {
  const said = await ask(await listener(old), version, '-cipher', `${suite}:@SECLEVEL=0`);
  expect(said).toContain('Cipher is (NONE)');
  expect(said).not.toContain('SET A 1');
});

it.skipIf(!hasClient('openssl')).each(['AES128-SHA', 'AES256-SHA256'])(
  'exchanges keys by RSA with a telephone that knows only %s, beside an ECDSA certificate (openssl)',
  async (suite) => {
    const said = await ask(await listener(), '-tls1_2', '-cipher', suite);
    expect(said).toContain(`Cipher is ${suite}`);
    expect(said).toContain('SET A 1');
  },
);

it('shows RSA or ECDSA, whichever a telephone knows', async () => {
  const port = await listener();
  const kinds = [];
  for (const sigalgs of ['RSA+SHA256:RSA-PSS+SHA256', 'ECDSA+SHA256']) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ host, port, rejectUnauthorized: false, sigalgs, maxVersion });
      await once(socket, 'secureConnect');
      kinds.push(socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType);
      socket.destroy();
    }
  }
  expect(kinds).toEqual(['rsa', 'rsa', 'ec', 'ec']);
});

it('resumes sessions of a process before, and of no other listener', async () => {
  const pairs = [await phoneCertificate()];
  const keys = [Buffer.alloc(48, 1), Buffer.alloc(48, 2)];
  const serve = async (ticketKeys: Buffer | undefined): Promise<number> => {
    const { port } = await webBranch({}, { name: 'https', tls: { pairs, ticketKeys } });
    return port;
  };
  const session = await sessionOf(await serve(keys[0]));
  expect(await resumes(await serve(keys[0]), session)).toBe(true);
  expect(await resumes(await serve(keys[1]), session)).toBe(false);
});

it('keeps resuming over a change of certificates', async () => {
  const ticketKeys = Buffer.alloc(48, 3);
  const tls = { pairs: [await phoneCertificate()], ticketKeys };
  const { port, server } = await webBranch({}, { name: 'https', tls });
  const session = await sessionOf(port);
  server.setTls({ pairs: [await makePhoneCertificate('ec')], ticketKeys });
  expect(await resumes(port, session)).toBe(true);
});

async function sessionOf(port: number): Promise<Buffer> {
  const socket = connect({ host, port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  const [session] = (await once(socket, 'session')) as [Buffer];
  socket.destroy();
  return session;
}
