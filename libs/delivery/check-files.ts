import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { crc32 } from 'node:zlib';
import type { ServedFile } from './served-file.ts';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Branchline test file</title>
  </head>
  <body>
    <h1>This server gives out files</h1>
    <p>
      You see the test file of a Branchline file server: whoever gets it whole can get files for telephones by the same
      way. The watchdog fetches it, and test.zip beside it, from time to time. A file of this name in a tree of the
      server goes before it.
    </p>
  </body>
</html>
`;

/** Midnight of 1 January 2024, in the time zone of nobody: the archive has the same bytes everywhere. */
const dosDate = ((2024 - 1980) << 9) | (1 << 5) | 1;
const modifiedMs = Date.UTC(2024, 0, 1);

/** An archive of one file as it is (APPNOTE 6.3.9, sections 4.3.7, 4.3.12 and 4.3.16). */
function storedZip(name: string, bytes: Buffer): Buffer {
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(dosDate, 8);
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(bytes.length, 14);
  shared.writeUInt32LE(bytes.length, 18);
  shared.writeUInt16LE(name.length, 22);
  const file = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), bytes]);
  const entry = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00'),
    shared,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(file.length, 16);
  return Buffer.concat([file, entry, end]);
}

/** The files by which a person or the watchdog sees that a server gives out files (Guide p. 35 and p. 50). */
export const checkFiles: ReadonlyMap<string, Buffer> = new Map([
  ['test.html', Buffer.from(page)],
  ['test.zip', storedZip('test.html', Buffer.from(page))],
]);

const served = new Map(
  [...checkFiles].map(([name, bytes]): [string, ServedFile] => [
    name,
    {
      name,
      size: bytes.length,
      modifiedMs,
      etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`,
      bytes,
      read: (target, position) => Promise.resolve(bytes.copy(target, 0, position)),
      close: () => Promise.resolve(),
    },
  ]),
);

/** The check file that a request means, whatever the case of its letters; undefined for all other names. */
export const checkFileOf = (name: string): ServedFile | undefined =>
  served.get(name.replace(/^(?:\.?[\\/])+/, '').toLowerCase());

const longest = 16;

/** True for what the watchdog of this machine has got: no telephone, and nothing that anybody wants to read of twice a minute. */
export function isOwnCheck(address: string, name: string): boolean {
  if (name.length > longest || checkFileOf(name) === undefined) return false;
  return Object.values(networkInterfaces()).some((own) =>
    own?.some((interface_) => interface_.address === address),
  );
}
