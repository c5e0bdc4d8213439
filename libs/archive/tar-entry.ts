import { BranchlineError } from '#libs/errors';

/** Bytes of a block of a tar archive; a header is one, a file is filled up to whole ones. */
const block = 512;

/** What ends a tar archive: two empty blocks. */
export const tarEnd = Buffer.alloc(2 * block);

/**
 * The header of one regular file (POSIX.1-1988 ustar; names in UTF-8, as GNU tar and Python read them).
 * @throws BranchlineError ARCHIVE_LIMIT when the name fits into no header.
 */
export function tarHeader(name: string, size: number, modifiedMs: number): Buffer {
  const header = Buffer.alloc(block);
  const { prefix, rest } = split(name);
  header.write(rest, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(octal(size, 11), 124);
  header.write(octal(Math.max(0, Math.floor(modifiedMs / 1_000)), 11), 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** What stands behind a file of `size` bytes. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);

const octal = (value: number, digits: number): string =>
  `${value.toString(8).padStart(digits, '0')}\0`;

/** At most 100 bytes of name behind at most 155 bytes of folders. */
function split(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  for (let cut = name.indexOf('/'); cut !== -1; cut = name.indexOf('/', cut + 1)) {
    const prefix = name.slice(0, cut);
    const rest = name.slice(cut + 1);
    if (Buffer.byteLength(rest) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, rest };
  }
  throw new BranchlineError(
    'ARCHIVE_LIMIT',
    `${JSON.stringify(name.slice(0, 200))} is too long a name for a tar archive: give it a shorter one`,
  );
}
