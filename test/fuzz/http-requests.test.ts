import { symlink } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { rangeOf } from '../../libs/http/byte-range.ts';
import { parseHttpDate } from '../../libs/http/http-date.ts';
import { repairedHead } from '../../libs/http/repaired-request.ts';
import { nameInTarget } from '../../libs/http/request-target.ts';
import { sendAll, statusesIn } from '../support/raw-connection.ts';
import { tempTree } from '../support/temp-tree.ts';
import { webBranch } from '../support/web-branch.ts';
import { webFetch } from '../support/web-fetch.ts';

const secret = 'a secret outside of the tree';

/** Pieces that targets of attacks are made of. */
const targetPiece = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '..',
    '.',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '%252e',
    '%00',
    '%',
    '%zz',
    '%c0%ae',
  ],
  ...[
    '?',
    '#',
    ';',
    ':',
    '~',
    '+',
    '*',
    ' ',
    'c:',
    'link',
    'secret.txt',
    'a.txt',
    'A.TXT',
    'folder',
  ],
  ...['http://', 'NUL', 'con.txt', '.branchline', '.partial', '%ff', '&', '\u00e9', '\x7f'],
);
const target = fc.oneof(
  fc.array(targetPiece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
  fc.array(targetPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ maxLength: 200 }),
);
const headerLine = fc.oneof(
  fc.constantFrom(
    ...['Host: a', 'Range: bytes=0-0', 'Range: bytes=9-1,-', 'Connection: close', 'Connection: x'],
    ...[
      'Content-Length: 0',
      'Content-Length: 5',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
    ],
    ...[
      'Expect: 100-continue',
      'Upgrade: h2c',
      'If-None-Match: *',
      'If-Range: "',
      'User-Agent: \x17',
    ],
    ...['User-Agent: AVAYA/SIP12x0\x01\xff', ': ', 'a', ' folded', '\r', '\n', ''],
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT', 'get', 'CONNECT', 'PRI', '', 'G\0T'),
    target,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9', 'x', ''),
    headers: fc.array(headerLine, { maxLength: 5 }),
    end: fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', ''),
  })
  .map(({ method, target: to, version, headers, end }) =>
    [`${method} ${to} ${version}`, ...headers].join('\r\n').concat(end),
  );

it('reads any target as a name or refuses it', () => {
  fc.assert(
    fc.property(target, (text) => {
      try {
        expect(typeof nameInTarget(text)).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(BranchlineError);
        expect(error).toHaveProperty('code', 'NAME_MALFORMED');
      }
    }),
    { numRuns: 2000 },
  );
});

it('reads every name back from its percent-encoded target', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      expect(nameInTarget(`/${encodeURIComponent(name)}?ver=1`)).toBe(`/${name}`);
    }),
  );
});

it('makes no range that lies outside of the file', () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/),
    fc.tuple(fc.nat(50), fc.nat(50)).map(([a, b]) => `bytes=${a}-${b}`),
  );
  fc.assert(
    fc.property(text, fc.nat(40), (header, size) => {
      const range = rangeOf(header, size);
      if (typeof range === 'string') return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
    { numRuns: 2000 },
  );
});

it('reads any date or none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = parseHttpDate(text);
      expect(ms === undefined || Number.isInteger(ms)).toBe(true);
    }),
  );
});

it('mends nothing but control bytes, and bytes beyond ASCII in the first line', () => {
  fc.assert(
    fc.property(request, (text) => {
      const mended = repairedHead(Buffer.from(text, 'latin1'));
      if (mended === undefined) return;
      const encoded = text.replace(/^[^\r]*/, (line) =>
        line.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`),
      );
      const received = Buffer.from(encoded, 'latin1');
      expect(mended.length).toBe(received.length);
      for (let n = 0; n < mended.length; n += 1) {
        if (mended[n] === received[n]) continue;
        expect(String.fromCharCode(mended[n] ?? 0)).toBe('?');
        expect(String.fromCharCode(received[n] ?? 32)).toMatch(/[\u0000-\u001f\u007f]/);
      }
    }),
  );
});

it('answers or refuses any request, never with what lies outside, and goes on', async () => {
  const outside = await tempTree({ 'secret.txt': secret });
  const branch = await webBranch({ 'a.txt': 'A', 'folder/b.txt': 'B', '.branchline/x': secret });
  await symlink(outside, path.join(branch.root, 'link'));
  const crashes: unknown[] = [];
  const onCrash = (error: unknown): void => void crashes.push(error);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  onTestFinished(() => {
    process.off('uncaughtException', onCrash);
    process.off('unhandledRejection', onCrash);
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const received = await sendAll(branch.port, Buffer.from(requests.join(''), 'latin1'));
      expect(received).not.toContain(secret);
      for (const status of statusesIn(received)) {
        expect([200, 206, 304, 400, 403, 404, 405, 412, 416, 417, 431]).toContain(status);
      }
    }),
    { numRuns: 400 },
  );
  expect(crashes).toEqual([]);
  expect((await webFetch(branch.origin, '/a.txt')).body.toString()).toBe('A');
  await expect.poll(() => branch.server.connections).toBe(0);
});
