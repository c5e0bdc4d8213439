import { deflateRawSync } from 'node:zlib';
import type { ErrorCode } from '#libs/errors';
import { rawZip, type RawMember, type RawZip } from './raw-zip.ts';

/** An archive that must be refused, and when that is noticed: before a byte is written, or while unpacking. */
export interface BadArchive {
  readonly title: string;
  readonly code: ErrorCode;
  readonly noticed: 'inspecting' | 'unpacking';
  /** Made when asked for, as some are large. */
  readonly bytes: () => Buffer;
}

const bad = (
  code: ErrorCode,
  title: string,
  members: readonly RawMember[] | (() => readonly RawMember[]),
  options: RawZip = {},
  noticed: BadArchive['noticed'] = 'inspecting',
): BadArchive => ({
  title,
  code,
  noticed,
  // A good member in front: what is refused is the whole archive, not the bad member.
  bytes: () => rawZip([good, ...(typeof members === 'function' ? members() : members)], options),
});

const good: RawMember = { name: 'good.txt', content: 'SET GOOD 1', method: 'deflate' };
const named = (...names: string[]): RawMember[] =>
  names.map((name) => (name.endsWith('/') ? { name, mode: 0o040755 } : { name, content: 'evil' }));
const text = 'SET A 1\n'.repeat(100);
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);

/** All cases of bad zips that are known to have hurt somebody, each with the code of its refusal. */
export const badArchives: readonly BadArchive[] = [
  bad('ARCHIVE_NAME_UNSAFE', 'a name that climbs out', named('../evil')),
  bad('ARCHIVE_NAME_UNSAFE', 'a name that climbs out further down', named('a/b/../../../evil')),
  bad('ARCHIVE_NAME_UNSAFE', 'an absolute name', named('/tmp/x')),
  bad('ARCHIVE_NAME_UNSAFE', 'a sibling folder with the same prefix', named('../out2/x')),
  bad('ARCHIVE_NAME_UNSAFE', 'backslashes that climb out', named('..\\..\\x')),
  bad('ARCHIVE_NAME_UNSAFE', 'a mixture of slashes that climbs out', named('a\\..\\../x')),
  bad('ARCHIVE_NAME_UNSAFE', 'a drive', named('C:/x')),
  bad('ARCHIVE_NAME_UNSAFE', 'a drive without a slash', named('c:x')),
  bad('ARCHIVE_NAME_UNSAFE', 'a network share', named('//server/share')),
  bad('ARCHIVE_NAME_UNSAFE', 'a network share in backslashes', named('\\\\server\\share')),
  bad('ARCHIVE_NAME_UNSAFE', 'a NUL in a name', named('a.txt\u0000.bin')),
  bad('ARCHIVE_NAME_UNSAFE', 'a control character in a name', named('a\u001b[2Jb')),
  bad('ARCHIVE_NAME_UNSAFE', 'an empty name', named('')),
  bad('ARCHIVE_NAME_UNSAFE', 'an empty part', named('a//b')),
  bad('ARCHIVE_NAME_UNSAFE', 'a part that is a dot', named('./a')),
  bad('ARCHIVE_NAME_UNSAFE', 'a trailing dot', named('settings.txt.')),
  bad('ARCHIVE_NAME_UNSAFE', 'a Windows device', named('fw/NUL.bin')),
  bad('ARCHIVE_NAME_UNSAFE', 'a stream of another file', named('settings.txt:hidden')),
  bad('ARCHIVE_NAME_UNSAFE', 'our own folder', named('.branchline/journal')),
  bad('ARCHIVE_NAME_UNSAFE', 'one of our temporary names', named('.x.0011.partial')),
  bad('ARCHIVE_NAME_UNSAFE', 'a name that is not the UTF-8 it claims to be', [
    { name: Buffer.from([0x61, 0xff, 0xfe]), content: 'x', both: { flags: 0x0800 } },
  ]),

  bad('ARCHIVE_NAME_CLASH', 'the same name twice', named('x', 'x')),
  bad('ARCHIVE_NAME_CLASH', 'names that differ in case', named('FW.bin', 'fw.bin')),
  bad('ARCHIVE_NAME_CLASH', 'names that differ in case beyond ASCII', named('ÄRGER', 'ärger')),
  bad('ARCHIVE_NAME_CLASH', 'names that differ in composition', named('\u00e4', 'a\u0308')),
  bad('ARCHIVE_NAME_CLASH', 'names that differ in their slashes', named('fw\\x', 'fw/x')),
  bad('ARCHIVE_NAME_CLASH', 'a file that would have to be a folder', named('a', 'a/b')),
  bad('ARCHIVE_NAME_CLASH', 'the same, folder first and in other case', named('a/b/c', 'A')),
  bad('ARCHIVE_NAME_CLASH', 'a file and a folder of one name', named('a', 'a/')),

  bad('ARCHIVE_ENTRY_KIND', 'a symbolic link and a write through it', [
    { name: 'link', content: '/etc', mode: 0o120777 },
    { name: 'linked', content: 'x' },
  ]),
  bad('ARCHIVE_ENTRY_KIND', 'a character device', [{ name: 'tty', mode: 0o020666 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a block device', [{ name: 'sda', mode: 0o060666 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a FIFO', [{ name: 'pipe', mode: 0o010666 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a socket', [{ name: 'sock', mode: 0o140666 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a set-user-id program', [{ name: 'su', mode: 0o104755 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a set-group-id program', [{ name: 'sg', mode: 0o102755 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a folder without its slash', [{ name: 'dir', mode: 0o040755 }]),
  bad('ARCHIVE_ENTRY_KIND', 'a file with a slash', [{ name: 'dir/', mode: 0o100644 }]),

  bad('ARCHIVE_ENCRYPTED', 'a password', [{ name: 'x', content: text, both: { flags: 0x0801 } }]),
  bad('ARCHIVE_ENCRYPTED', 'strong encryption', [
    { name: 'x', content: text, both: { flags: 0x0841 } },
  ]),
  bad('ARCHIVE_ENCRYPTED', 'AES', [
    { name: 'x', content: text, both: { flags: 0x0801, method: 99 } },
  ]),
  bad('ARCHIVE_METHOD_UNKNOWN', 'LZMA', [{ name: 'x', content: text, both: { method: 14 } }]),
  bad('ARCHIVE_METHOD_UNKNOWN', 'deflate64', [{ name: 'x', content: text, both: { method: 9 } }]),

  bad('ARCHIVE_SIZE_LIES', '4 GB claimed and 5 bytes held', [
    { name: 'x', content: 'five!', method: 'deflate', both: { size: 0xffff_fffe } },
  ]),
  bad('ARCHIVE_SIZE_LIES', 'a stored member of two sizes', [
    { name: 'x', content: 'five!', both: { size: 6 } },
  ]),
  bad('ARCHIVE_SIZE_LIES', 'a folder with bytes', [{ name: 'd/', content: 'x', mode: 0o40755 }]),
  bad(
    'ARCHIVE_SIZE_LIES',
    '1000 bytes claimed and 100 MB held',
    () => [{ name: 'x', content: zeros(100_000_000), method: 'deflate', both: { size: 1000 } }],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_SIZE_LIES',
    'more claimed than held',
    [{ name: 'x', content: text, method: 'deflate', both: { size: 900 } }],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_SIZE_LIES',
    'bytes behind the end of the packed data',
    [
      {
        name: 'x',
        content: text,
        packed: Buffer.concat([deflateRawSync(text), zeros(9)]),
        method: 'deflate',
      },
    ],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_SIZE_LIES',
    'packed data that breaks off',
    [{ name: 'x', content: text, packed: deflateRawSync(text).subarray(0, -3), method: 'deflate' }],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_CRC_WRONG',
    'a wrong checksum',
    [{ name: 'x', content: text, method: 'deflate', both: { crc32: 0xdead_beef } }],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_CRC_WRONG',
    'a wrong checksum of a stored member',
    [{ name: 'x', content: text, both: { crc32: 0 } }],
    {},
    'unpacking',
  ),
  bad(
    'ARCHIVE_UNREADABLE',
    'packed data that is none',
    [{ name: 'x', content: text, packed: Buffer.alloc(50, 0xff), method: 'deflate' }],
    {},
    'unpacking',
  ),

  bad('ARCHIVE_HEADERS_DIFFER', 'another name in the local header', [
    { name: 'harmless', content: 'x', local: { name: '../../sh' } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'another method in the local header', [
    { name: 'x', content: 'x', local: { method: 8 } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'another size in the local header', [
    { name: 'x', content: text, local: { size: 1, compressedSize: 1 } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'another checksum in the local header', [
    { name: 'x', content: text, local: { crc32: 1 } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'other flags in the local header', [
    { name: 'x', content: text, local: { flags: 0x0801 } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'a descriptor that is missing', [
    { name: 'x', content: text, descriptor: 'missing' },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'a descriptor that says otherwise', [
    { name: 'x', content: text, descriptor: 'signed', central: { crc32: 1 } },
  ]),
  bad('ARCHIVE_HEADERS_DIFFER', 'a directory that points into data', [
    { name: 'x', packed: zeros(860), both: { size: 800, compressedSize: 800 } },
    { name: 'y', content: text, offset: goodLength() + 30 + 1 + 800 },
  ]),

  bad('ARCHIVE_OVERLAP', 'two names for the same bytes', [
    { name: 'x', content: text },
    { name: 'y', content: text, offset: goodLength() },
  ]),
  bad('ARCHIVE_OVERLAP', 'a member inside the data of another', [
    { name: 'x', content: text, both: { size: 1000, compressedSize: 1000 } },
    { name: 'y', content: text },
  ]),
  bad('ARCHIVE_OVERLAP', '1000 members of 1 MB in 55 KB', () => {
    const packed = deflateRawSync(zeros(1_000_000));
    const one: RawMember = { name: 'm', packed, method: 'deflate', both: { size: 1_000_000 } };
    const again = (n: number): RawMember => ({ ...one, name: `m${n}`, offset: goodLength() });
    return [one, ...Array.from({ length: 999 }, (_, n) => again(n))];
  }),
  bad('ARCHIVE_OVERLAP', 'data that reaches into the directory', [
    { name: 'x', content: text, both: { size: 850, compressedSize: 850 } },
  ]),

  bad('ARCHIVE_LIMIT', 'a bomb', () => [
    { name: 'x', content: zeros(20_000_000), method: 'deflate' },
  ]),
  bad('ARCHIVE_LIMIT', 'a member above 1 GiB', [
    { name: 'x', packed: zeros(6_000_000), method: 'deflate', both: { size: 1_073_741_825 } },
  ]),
  bad('ARCHIVE_LIMIT', 'members above 4 GiB together', () =>
    Array.from({ length: 5 }, (_, n) => ({
      name: `x${n}`,
      packed: zeros(5_400_000),
      method: 'deflate',
      both: { size: 1_073_741_824 },
    })),
  ),
  bad('ARCHIVE_LIMIT', '20,000 empty members', () =>
    Array.from({ length: 20_000 }, (_, n) => ({ name: `empty-${n}` })),
  ),
  bad('ARCHIVE_LIMIT', 'folders 17 deep', named(`${'d/'.repeat(16)}x`)),
  bad('ARCHIVE_LIMIT', 'a name of 241 bytes', named('x'.repeat(241))),

  bad('ARCHIVE_UNREADABLE', 'an archive cut short', named('x'), { cut: (length) => length - 30 }),
  bad('ARCHIVE_UNREADABLE', 'an archive cut in half', named('x'), { cut: (length) => length >> 1 }),
  bad('ARCHIVE_UNREADABLE', 'a program in front of it', named('x'), {
    prefix: { bytes: Buffer.from('MZ a program'), honest: true },
  }),
  bad('ARCHIVE_UNREADABLE', 'bytes in front of it', named('x'), {
    prefix: { bytes: Buffer.from('stray'), honest: false },
  }),
  bad('ARCHIVE_UNREADABLE', 'bytes behind it', named('x'), { suffix: Buffer.from('stray') }),
  bad('ARCHIVE_UNREADABLE', 'bytes inside its end', named('x'), {
    beforeEnd: Buffer.from('stray'),
  }),
  bad('ARCHIVE_UNREADABLE', 'the same with ZIP64', named('x'), {
    beforeEnd: Buffer.from('stray'),
    zip64: true,
  }),
  bad('ARCHIVE_UNREADABLE', 'more members than it says', named('x', 'y'), { count: 2 }),
  bad('ARCHIVE_UNREADABLE', 'fewer members than it says', named('x'), { count: 3 }),
  bad('ARCHIVE_UNREADABLE', 'a second archive in its comment', named('x'), {
    comment: rawZip(named('y')),
  }),
  {
    title: 'no archive at all',
    code: 'ARCHIVE_UNREADABLE',
    noticed: 'inspecting',
    bytes: () => Buffer.from('not a zip'),
  },
  {
    title: 'an empty file',
    code: 'ARCHIVE_UNREADABLE',
    noticed: 'inspecting',
    bytes: () => Buffer.alloc(0),
  },
];

/** Bytes that the good member in front occupies: the offset of the next one. */
function goodLength(): number {
  return rawZip([good]).indexOf('PK\u0001\u0002', 0, 'latin1');
}
