import { expect, it } from 'vitest';
import { PieceBuffers, type ServedFile } from '#libs/delivery';
import { rangeOf } from '../../libs/http/byte-range.ts';
import { contentType } from '../../libs/http/content-type.ts';
import { answerFile } from '../../libs/http/file-answer.ts';
import { formatHttpDate, parseHttpDate } from '../../libs/http/http-date.ts';
import { repairedHead } from '../../libs/http/repaired-request.ts';
import { nameInTarget } from '../../libs/http/request-target.ts';

const modifiedMs = Date.UTC(2026, 10, 21, 8, 49, 37, 500);
const modified = 'Sat, 21 Nov 2026 08:49:37 GMT';
const later = modifiedMs + 60_000;

const file: ServedFile = {
  name: '46xxsettings.txt',
  size: 10,
  modifiedMs,
  etag: '"0123456789abcdef"',
  bytes: Buffer.from('0123456789'),
  read: () => Promise.resolve(0),
  close: () => Promise.resolve(),
};

it.each([
  ['/a.txt', '/a.txt'],
  ['/', '/'],
  ['/a.txt?ver=12.5.2&x=/../b', '/a.txt'],
  ['/a.txt#top', '/a.txt'],
  ['/a%20b.txt', '/a b.txt'],
  ['/a+b.txt', '/a+b.txt'],
  ['/%2e%2e/a.txt', '/../a.txt'],
  ['/%252e%252e/a.txt', '/%2e%2e/a.txt'],
  ['/%5c..%5ca.txt', '/\\..\\a.txt'],
  ['/a%00.txt', '/a\0.txt'],
  ['/a%3Fb%23c.txt', '/a?b#c.txt'],
  ['/f%C3%BCr.txt', '/für.txt'],
  ['//host/a.txt', '//host/a.txt'],
  ['http://phones.example:81/a.txt?x', '/a.txt'],
  ['HTTPS://phones.example', ''],
])('reads the target %j as the name %j', (target, name) => {
  expect(nameInTarget(target)).toBe(name);
});

it.each(['', '*', 'a.txt', '/%', '/%zz', '/a%4', '/%ff', '/%c3%28', 'phones.example:443'])(
  'refuses the target %j',
  (target) => {
    expect(() => nameInTarget(target)).toThrow(expect.objectContaining({ code: 'NAME_MALFORMED' }));
  },
);

it.each([
  ['bytes=0-4', { first: 0, last: 4 }],
  ['bytes=3-', { first: 3, last: 9 }],
  ['bytes=9-9', { first: 9, last: 9 }],
  ['bytes=0-99', { first: 0, last: 9 }],
  ['bytes=-3', { first: 7, last: 9 }],
  ['bytes=-99', { first: 0, last: 9 }],
  ['BYTES=1-2', { first: 1, last: 2 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=10-12', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=99999999999999999999-', 'unsatisfiable'],
  ['bytes=4-3', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=a-b', 'whole'],
  ['bytes=0-1,3-4', 'whole'],
  ['lines=0-4', 'whole'],
  ['', 'whole'],
])('of ten bytes, %j is %j', (header, range) => {
  expect(rangeOf(header, 10)).toEqual(range);
});

it.each([
  ['bytes=0-', 'unsatisfiable'],
  ['bytes=-5', 'whole'],
])('of an empty file, %j is %j', (header, range) => {
  expect(rangeOf(header, 0)).toBe(range);
});

it.each([
  'Sat, 21 Nov 2026 08:49:37 GMT',
  'Saturday, 21-Nov-26 08:49:37 GMT',
  'Sat Nov 21 08:49:37 2026',
])('reads the date %j', (text) => {
  expect(parseHttpDate(text)).toBe(Date.UTC(2026, 10, 21, 8, 49, 37));
});

it.each(['', '0', 'yesterday', '2026-11-21', 'Sat, 21 Nov 2026 08:49:37', '1795250977'])(
  'takes %j for no date',
  (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  },
);

it('puts dates of two digits into the nearer century, and reads one with a day of one digit', () => {
  expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  expect(parseHttpDate('Sun Nov  6 08:49:37 1994')).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  expect(formatHttpDate(modifiedMs)).toBe(modified);
});

const { etag } = file;

it.each([
  ['GET', {}, 200],
  ['HEAD', {}, 200],
  ['GET', { 'if-none-match': etag }, 304],
  ['HEAD', { 'if-none-match': etag }, 304],
  ['GET', { 'if-none-match': `"x", W/${etag}` }, 304],
  ['GET', { 'if-none-match': '*' }, 304],
  ['GET', { 'if-none-match': '"x"' }, 200],
  ['GET', { 'if-none-match': '"x"', 'if-modified-since': modified }, 200],
  ['GET', { 'if-modified-since': modified }, 304],
  ['GET', { 'if-modified-since': 'Sat, 21 Nov 2026 08:49:36 GMT' }, 200],
  ['GET', { 'if-modified-since': 'nonsense' }, 200],
  ['GET', { 'if-match': etag }, 200],
  ['GET', { 'if-match': '*' }, 200],
  ['GET', { 'if-match': `W/${etag}` }, 412],
  ['GET', { 'if-match': '"x"' }, 412],
  ['GET', { 'if-unmodified-since': modified }, 200],
  ['GET', { 'if-unmodified-since': 'Sat, 21 Nov 2026 08:49:36 GMT' }, 412],
  ['GET', { 'if-match': etag, 'if-unmodified-since': 'Sat, 21 Nov 2026 08:49:36 GMT' }, 200],
  ['GET', { range: 'bytes=1-2' }, 206],
  ['HEAD', { range: 'bytes=1-2' }, 200],
  ['GET', { range: 'bytes=10-' }, 416],
  ['GET', { range: 'bytes=1-2', 'if-none-match': etag }, 304],
  ['GET', { range: 'bytes=1-2', 'if-range': etag }, 206],
  ['GET', { range: 'bytes=1-2', 'if-range': `W/${etag}` }, 200],
  ['GET', { range: 'bytes=1-2', 'if-range': '"x"' }, 200],
  ['GET', { range: 'bytes=10-', 'if-range': '"x"' }, 200],
  ['GET', { range: 'bytes=1-2', 'if-range': modified }, 206],
  ['GET', { range: 'bytes=1-2', 'if-range': 'Sat, 21 Nov 2026 08:49:38 GMT' }, 200],
])('answers %s with %j by %i', (method, headers, status) => {
  expect(answerFile(method, headers, file, later).status).toBe(status);
});

it('does not trust a date as a condition of a range while the second has not passed', () => {
  const headers = { range: 'bytes=1-2', 'if-range': modified };
  expect(answerFile('GET', headers, file, modifiedMs + 100).status).toBe(200);
});

it('describes the whole file', () => {
  const { headers, first, length } = answerFile('GET', {}, file, later);
  expect([first, length]).toEqual([0, 10]);
  expect(headers).toEqual([
    ...['Content-Type', 'text/plain', 'Content-Length', '10', 'ETag', etag],
    ...['Last-Modified', modified, 'Accept-Ranges', 'bytes'],
  ]);
});

it('describes a part', () => {
  const { headers, first, length } = answerFile('GET', { range: 'bytes=-3' }, file, later);
  expect([first, length]).toEqual([7, 3]);
  expect(headers.join(' ')).toContain('Content-Length 3 ');
  expect(headers.join(' ')).toContain('Content-Range bytes 7-9/10');
});

it('says how long the file is when the part lies behind its end', () => {
  const { headers, length } = answerFile('GET', { range: 'bytes=10-' }, file, later);
  expect(length).toBe(0);
  expect(headers.slice(0, 4)).toEqual(['Content-Range', 'bytes */10', 'Content-Length', '0']);
});

it.each([
  ['46xxupgrade.scr', 'text/plain'],
  ['SEP001.CNF.XML', 'application/xml'],
  ['a10d01b2_9.bin', 'application/octet-stream'],
  ['noextension', 'application/octet-stream'],
])('%s is %s', (name, type) => {
  expect(contentType(name)).toBe(type);
});

it('hands out smaller pieces the more downloads there are, within bounds', () => {
  const buffers = new PieceBuffers({ budgetBytes: 32 * 1024 * 1024 });
  const lent = Array.from({ length: 4000 }, () => buffers.take(5_000_000));
  expect(lent[0]?.length).toBe(256 * 1024);
  expect(lent.at(-1)?.length).toBe(16 * 1024);
  expect(buffers.lentBytes).toBe(lent.reduce((sum, { length }) => sum + length, 0));
  expect(buffers.lentBytes).toBeLessThan(100 * 1024 * 1024);
  expect(new Set(lent).size).toBe(4000);
  for (const buffer of lent) buffers.give(buffer);
  expect(buffers.lentBytes).toBe(0);
  const [first] = lent;
  expect(lent.includes(buffers.take(5_000_000)), 'a spare one is used again').toBe(
    first !== undefined,
  );
});

it('takes no more than a small body needs', () => {
  expect(new PieceBuffers().take(1000).length).toBe(1000);
});

const request = (...lines: string[]): Buffer =>
  Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');

it('encodes the bytes of a name that a phone sent as they are', () => {
  expect(repairedHead(Buffer.from('GET /für.txt HTTP/1.0\r\n\r\n'))?.toString()).toBe(
    'GET /f%c3%bcr.txt HTTP/1.0\r\n\r\n',
  );
});

it('mends the User-Agent of a 1220 and nothing else', () => {
  const agent = 'User-Agent: AVAYA/SIP12x0\x17/04.00\xff\x01';
  expect(repairedHead(request('GET /1220.cfg HTTP/1.1', agent, 'Host: a'))).toEqual(
    request('GET /1220.cfg HTTP/1.1', 'User-Agent: AVAYA/SIP12x0?/04.00\xff?', 'Host: a'),
  );
});

it.each([
  ['a body', request('GET / HTTP/1.1', 'User-Agent: \x17', 'Content-Length: 3')],
  ['a coded body', request('GET / HTTP/1.1', 'User-Agent: \x17', 'Transfer-Encoding : chunked')],
  ['another method', request('PUT / HTTP/1.1', 'User-Agent: \x17')],
  ['an unfinished head', Buffer.from('GET / HTTP/1.1\r\nUser-Agent: \x17\r\n')],
  [
    'a second request',
    Buffer.concat([request('GET / HTTP/1.1', 'User-Agent: \x17'), request('x')]),
  ],
])('does not mend a request with %s', (_, received) => {
  expect(repairedHead(received)).toBeUndefined();
});

it('leaves control bytes elsewhere for the parser to refuse', () => {
  const received = request('GET / HTTP/1.1', 'Cookie: \x17', 'User-Agent: a');
  expect(repairedHead(received)).toEqual(received);
});
