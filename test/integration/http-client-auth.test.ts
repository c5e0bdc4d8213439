import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { expect, it } from 'vitest';
import { oldTls } from '#libs/http';
import { Authority, createBranchRequest, dayMs } from '#libs/identity';
import { loggerInto } from '#libs/observe';
import { phoneCertificate } from '../support/phone-certificate.ts';
import { tempTree } from '../support/temp-tree.ts';
import { webBranch, type WebBranch } from '../support/web-branch.ts';

const host = '127.0.0.1';

interface Client {
  readonly cert: string;
  readonly key: string;
}

/** An authority of telephones, and a certificate that it has issued. */
async function authority(lifeMs = dayMs): Promise<Client & { readonly ca: string }> {
  const own = await Authority.open(path.join(await tempTree(), 'authority'));
  const { csrPem, keyPem } = await createBranchRequest('j179');
  const issued = await own.issueBranchCertificate({ csrPem, branch: 'j179', lifeMs });
  return { ca: own.certificatePem, cert: issued.certificatePem, key: keyPem };
}

async function asking(ca: string, log: string[] = [], old = false): Promise<WebBranch> {
  const tls = {
    pairs: [await phoneCertificate()],
    clientAuthorities: ca,
    ticketKeys: Buffer.alloc(48, 1),
    ...(old && oldTls({ encrypted: true, unencrypted: false })),
  };
  const options = { name: 'https', tls, limits: { checkMs: 10 } } as const;
  const logger = loggerInto('warn', { write: (line) => log.push(line) });
  return await webBranch({ 'a.txt': 'SET A 1' }, { ...options, log: logger });
}

/** What a client is answered; `refused` when it does not get as far. */
async function answer(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ said: string; session: Buffer | undefined }> {
  const socket = connect({ host, port, rejectUnauthorized: false, ...options });
  let said = '';
  let session: Buffer | undefined;
  socket.on('error', () => undefined);
  socket.on('session', (ticket: Buffer) => (session = ticket));
  socket.on('data', (bytes: Buffer) => (said += bytes.toString()));
  socket.write('GET /a.txt HTTP/1.1\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  return { said: said === '' ? 'refused' : said, session };
}

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

it.each(versions)('lets in who shows a certificate of the authority, by %s', async (maxVersion) => {
  const { ca, cert, key } = await authority();
  const { port } = await asking(ca);
  expect((await answer(port, { cert, key, maxVersion })).said).toContain('SET A 1');
});

it.each(versions)('refuses who shows none, another’s or an old one, by %s', async (maxVersion) => {
  const { ca } = await authority();
  const strange = await authority();
  const log: string[] = [];
  const { port } = await asking(ca, log);
  expect((await answer(port, { maxVersion })).said).toBe('refused');
  const { cert, key } = strange;
  expect((await answer(port, { cert, key, maxVersion })).said).toBe('refused');
  await expect.poll(() => log.join('')).toMatch(/TLS handshake failed/);
});

it('resumes no session: who has only a ticket shows its certificate again', async () => {
  const { ca, cert, key } = await authority();
  const { port } = await asking(ca);
  for (const maxVersion of versions) {
    const first = await answer(port, { cert, key, maxVersion });
    const { session } = first;
    const again = await answer(port, { maxVersion, ...(session && { session }) });
    expect(again.said).toBe('refused');
  }
});

it('asks old telephones as well', async () => {
  const { ca } = await authority();
  const { port } = await asking(ca, [], true);
  const old = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1',
    ciphers: 'AES128-SHA:@SECLEVEL=0',
  } as const;
  expect((await answer(port, old)).said).toBe('refused');
});
