import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkFiles } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import { ifThere } from '#libs/files';
import { CollectedBytes } from './collected-bytes.ts';
import { originOf, type WatchedServer } from './watched-server.ts';

/** The files that are asked for (Guide p. 50). */
export const checkFileNames: readonly string[] = [...checkFiles.keys()];

/**
 * Compare what has come with what should have: the operator's own file in `checkDir`, else the one that comes with the
 * server, or that of the same name in its tree, which goes before it.
 * @throws BranchlineError DIGEST_MISMATCH.
 */
export async function requireExpected(
  server: WatchedServer,
  file: string,
  came: Buffer,
  checkDir: string | undefined,
): Promise<void> {
  const own = checkDir === undefined ? undefined : await fileIn(checkDir, file);
  if (own !== undefined) {
    if (own.equals(came)) return;
  } else {
    if (checkFiles.get(file)?.equals(came) === true) return;
    const inTree = server.folder === undefined ? undefined : await fileIn(server.folder, file);
    if (inTree?.equals(came) === true) return;
  }
  throw new BranchlineError(
    'DIGEST_MISMATCH',
    `${server.name} at ${originOf(server)} gave ${came.length} bytes for ${file} that are not those of the file: see docs/how-to/watchdog.md on check files of your own`,
  );
}

/** The file of this name whatever the case of its letters, as the servers find it; undefined when there is none. */
async function fileIn(folder: string, file: string): Promise<Buffer | undefined> {
  const names = (await ifThere(readdir(folder))) ?? [];
  const name = names.find((one) => one === file) ?? names.find((one) => one.toLowerCase() === file);
  if (name === undefined) return undefined;
  const collected = new CollectedBytes();
  await pipeline(createReadStream(path.join(folder, name)), collected);
  return collected.bytes;
}
