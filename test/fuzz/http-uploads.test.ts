import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { NamePatterns } from '#libs/backups';
import { basicPassword } from '../../libs/http/basic-password.ts';
import { sendAll, statusesIn } from '../support/raw-connection.ts';
import { uploadBranch } from '../support/upload-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

const piece = fc.constantFrom(
  ...['/', '\\', '..', '.', '%2e', '%2f', '%5c', '%252e', '%00', '%', '%zz', '?', '#', ' ', ':'],
  ...[
    '2001_96xxdata.txt',
    '12_16XXDATA.TXT',
    '0004f2abcdef-phone.cfg',
    'logs/0004f2abcdef-app.log',
  ],
  ...[
    'inno-',
    '.txt',
    '.branchline',
    'history',
    'passwords',
    '.partial',
    'x',
    '\xff',
    'PhoneBackup',
  ],
);
const target = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);
const body = fc.oneof(
  fc.nat(50).map((size) => `Content-Length: ${size}\r\n\r\n${'b'.repeat(size)}`),
  fc
    .tuple(fc.nat(50), fc.nat(50))
    .map(([told, sent]) => `Content-Length: ${told}\r\n\r\n${'b'.repeat(sent)}`),
  fc
    .nat(50)
    .map(
      (n) => `Transfer-Encoding: chunked\r\n\r\n${n.toString(16)}\r\n${'b'.repeat(n)}\r\n0\r\n\r\n`,
    ),
  fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((junk) => `Transfer-Encoding: chunked\r\n\r\n${junk}`),
  fc.constantFrom(
    ...['\r\n', 'Content-Length: -1\r\n\r\n', 'Content-Length: 99999999999999999999\r\n\r\n'],
    ...['Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'Expect: x\r\n\r\n'],
    ...['Expect: 100-continue\r\nContent-Length: 2\r\n\r\nbb', 'Content-Range: x\r\n\r\n'],
  ),
);
const request = fc
  .tuple(fc.constantFrom('PUT', 'POST', 'DELETE', 'GET', 'PATCH', 'MOVE'), target, body)
  .map(([method, to, rest]) => `${method} ${to} HTTP/1.1\r\n${rest}`);

it('stores under open names and nowhere else, whatever is asked', { timeout: 60_000 }, async () => {
  const branch = await uploadBranch({
    files: { 'a.txt': 'A' },
    limits: { drainMs: 50, checkMs: 20 },
  });
  const crashes: unknown[] = [];
  const onCrash = (error: unknown): void => void crashes.push(error);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  onTestFinished(() => {
    process.off('uncaughtException', onCrash);
    process.off('unhandledRejection', onCrash);
  });
  const possible = [200, 201, 204, 100, 400, 403, 404, 405, 408, 413, 417, 507];
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const received = await sendAll(branch.port, Buffer.from(requests.join(''), 'latin1'));
      for (const status of statusesIn(received)) expect(possible).toContain(status);
    }),
    { numRuns: 300 },
  );
  expect(crashes).toEqual([]);
  const phone = new NamePatterns(['<ext>_96xxdata.txt', '<ext>_16xxdata.txt']);
  for (const name of await filesIn(branch.folder))
    expect([name, phone.fit(name)]).not.toEqual([name, undefined]);
  const device = new NamePatterns(['<mac>-phone.cfg', 'logs/<mac>-app.log', 'inno-*.txt']);
  for (const name of await filesIn(branch.deviceFolder))
    expect([name, device.fit(name)]).not.toEqual([name, undefined]);
  expect(await readdir(branch.root, { recursive: true })).toEqual(['a.txt']);
  expect(await readdir(path.join(branch.folder, '.branchline', 'incoming'))).toEqual([]);
  const saved = { method: 'PUT', body: Buffer.from('in the end') };
  const { status } = await webFetch(branch.origin, '/1_96xxdata.txt', saved);
  expect([201, 204]).toContain(status);
  expect(await readFile(path.join(branch.folder, '1_96xxdata.txt'), 'utf8')).toBe('in the end');
});

it('reads any Authorization header as a password or none', () => {
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Basic ${btoa(encodeURI(text.toWellFormed()))}`),
  );
  fc.assert(
    fc.property(header, (text) => {
      const password = basicPassword(text);
      expect(password === undefined || password.length > 0).toBe(true);
    }),
  );
});

/** Files that are visible, with `/`. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith('.branchline'));
}
