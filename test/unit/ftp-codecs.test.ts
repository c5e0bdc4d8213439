import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../libs/ftp/command-line.ts';
import { parseEprt, parsePort, passiveText } from '../../libs/ftp/data-address.ts';
import { FailedTries } from '#libs/identity';
import { factsLine, listLine, type Entry } from '../../libs/ftp/listing.ts';
import { phoneDataName } from '../../libs/ftp/phone-data-name.ts';
import { longReply, reply } from '../../libs/ftp/reply.ts';
import { resolveVirtual } from '../../libs/ftp/virtual-path.ts';
import { bothKinds } from '../support/both-kinds.ts';

it.each([
  ['NOOP', { verb: 'NOOP', argument: '' }],
  ['retr a b ', { verb: 'RETR', argument: 'a b ' }],
  ['XCWD x', { verb: 'CWD', argument: 'x' }],
  ['XPWD', { verb: 'PWD', argument: '' }],
  ['STOR \u00fc', { verb: 'STOR', argument: '\u00fc' }],
  ['NO', undefined],
  ['NOOPS', undefined],
  ['RETR a\0b', undefined],
  ['', undefined],
])('reads %j', (line, command) => {
  expect(parseCommand(Buffer.from(line))).toEqual(command);
});

it('skips what Telnet puts before ABOR, and reads old names as Latin-1', () => {
  const abort = Buffer.concat([Buffer.from([0xff, 0xf4, 0xff, 0xf2]), Buffer.from('ABOR')]);
  expect(parseCommand(abort)).toEqual({ verb: 'ABOR', argument: '' });
  expect(parseCommand(Buffer.from('RETR \xfc', 'latin1'))?.argument).toBe('\u00fc');
});

it('reads and writes addresses', () => {
  expect(parsePort('10,0,0,1,4,1')).toEqual({ address: '10.0.0.1', port: 1025 });
  expect(parseEprt('|2|::1|5282|')).toEqual({ address: '::1', port: 5282 });
  expect(passiveText({ address: '10.0.0.1', port: 1025 })).toContain('(10,0,0,1,4,1)');
  expect(passiveText({ address: '::1', port: 1025 })).toBeUndefined();
});

it('lets no text become a second reply', () => {
  expect(reply(550, 'a\r\n226 done')).toBe('550 a??226 done\r\n');
  expect(longReply(211, 'a', ['226 b'], 'c')).toBe('211-a\r\n 226 b\r\n211 c\r\n');
});

describe('listings', () => {
  const now = Date.UTC(2026, 10, 26, 12);
  const entry: Entry = {
    ...{ name: 'a b.txt', folder: false, size: 1234, writable: true },
    modifiedMs: Date.UTC(2026, 10, 1, 9, 5, 7),
  };

  it('show times as ls does', () => {
    expect(listLine(entry, now)).toBe('-rw-r--r-- 1 ftp ftp         1234 Nov  1 09:05 a b.txt\r\n');
    const old = { ...entry, modifiedMs: Date.UTC(2024, 0, 31), folder: true, writable: false };
    expect(listLine(old, now)).toBe('dr-xr-xr-x 1 ftp ftp         1234 Jan 31  2024 a b.txt\r\n');
  });

  it('have facts', () => {
    expect(factsLine(entry)).toBe('type=file;size=1234;modify=20261101090507;perm=adfrw; a b.txt');
  });
});

it.each([
  ['4620data.txt', '4620D01A', 'own', '1001_4620data.txt'],
  ['1001_4625DATA_SIP.TXT', '4621', 'own', '1001_4620data_sip.txt'],
  ['1001_4610data.txt', '4610', 'own', '1001_4610data.txt'],
  ['4620data.txt', 'IP Phone', 'own', '1001_4620data.txt'],
  ['1002_4620data.txt', '4620', 'foreign', undefined],
  ['1002_96xxdata.txt', '4620', 'foreign', undefined],
  ['Mon_FTParchive.zip', '4620', 'foreign', undefined],
  ['46xxsettings.txt', '4620', 'other', undefined],
])('%s asked for by a %s is %s', (name, type, kind, stored) => {
  const meant = phoneDataName(name, { extension: '1001', type });
  expect(meant).toEqual(stored === undefined ? { kind } : { kind, name: stored });
});

describe.each(bothKinds)('on $kind', ({ paths }) => {
  it('resolves paths of Windows, and climbs no further than the root', () => {
    expect(resolveVirtual([], 'data\\FTPdata', paths)).toEqual(['data', 'FTPdata']);
    expect(resolveVirtual(['a', 'b'], '../c/./d', paths)).toEqual(['a', 'c', 'd']);
    expect(resolveVirtual(['a'], '\\b', paths)).toEqual(['b']);
  });

  it.each([
    ['../..', 'PATH_OUTSIDE_TREE'],
    ['..\\..', 'PATH_OUTSIDE_TREE'],
    ['C:\\Windows', 'PATH_OUTSIDE_TREE'],
    ['/c:x', 'PATH_OUTSIDE_TREE'],
    ['.branchline', 'PATH_OUTSIDE_TREE'],
    ['BRANCH~1', 'NAME_MALFORMED'],
    ['NUL.txt', 'NAME_MALFORMED'],
    ['a.txt::$DATA', 'NAME_MALFORMED'],
    ['a. ', 'NAME_MALFORMED'],
  ])('refuses %s', (argument, code) => {
    expect(() => resolveVirtual(['a'], argument, paths)).toThrow(expect.objectContaining({ code }));
  });
});

it('forgets wrong passwords after ten minutes, and at a right one', () => {
  let now = 0;
  const tries = new FailedTries({ now: () => now });
  const delays = Array.from({ length: 10 }, () => tries.failed('a'));
  expect(delays.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 5000]);
  expect([tries.blocked('a'), tries.blocked('b')]).toEqual([true, false]);
  now += 10 * 60_000;
  expect(tries.blocked('a')).toBe(false);
  tries.failed('a');
  tries.succeeded('a');
  expect(tries.failed('a')).toBe(500);
});
