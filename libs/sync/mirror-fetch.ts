import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import {
  asDiskError,
  makeFolder,
  PARTIAL_SUFFIX,
  partialBeside,
  removeQuietly,
  requireSpace,
  writeNew,
} from '#libs/files';
import type { MirrorArea, MirrorFile } from '#libs/journal';
import type { FileRequest } from '#libs/link';
import type { FetchedFile, MirroredFolder } from './mirrored-folder.ts';
import { PartialFile } from './partial-file.ts';

/** Where bytes of the other server come from. */
export interface MirrorBytes {
  file(
    area: MirrorArea,
    file: { readonly name: string; readonly sha256: string },
    request: FileRequest,
  ): AsyncIterable<Buffer>;
}

/** Up to here a file is gathered in memory; a larger one is resumed where it was cut. */
const smallBytes = 1024 * 1024;

/**
 * Bring a file of the other server here: verified, with its time and the folder's mode, fsynced, on the folder's disk.
 * @throws BranchlineError DIGEST_MISMATCH, LENGTH_MISMATCH, PEER_LACKS_FILE (it has changed there meanwhile: look again),
 * DISK_FULL, WRITE_FAILED, and what the link throws.
 */
export async function fetchMirrored(
  source: MirrorBytes,
  folder: MirroredFolder,
  file: MirrorFile & Pick<FetchedFile, 'replaces'>,
  { reserveBytes, signal }: { readonly reserveBytes: number; readonly signal: AbortSignal },
): Promise<FetchedFile> {
  const { name, size, modifiedMs, sha256, replaces } = file;
  await makeFolder(folder.incoming, 0o750);
  await requireSpace(folder.incoming, size, reserveBytes);
  const at =
    size <= smallBytes
      ? await fetchSmall(source, folder, file, signal)
      : await fetchLarge(source, folder, file, signal);
  return { name, size, modifiedMs, sha256, replaces, path: at };
}

async function fetchSmall(
  source: MirrorBytes,
  folder: MirroredFolder,
  file: MirrorFile,
  signal: AbortSignal,
): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source.file(folder.area, file, { size: file.size, signal }))
    pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) throw otherBytes(file);
  const at = partialBeside(path.join(folder.incoming, file.sha256));
  await writeNew(at, bytes, { mode: folder.fileMode, modifiedMs: file.modifiedMs });
  return at;
}

async function fetchLarge(
  source: MirrorBytes,
  folder: MirroredFolder,
  file: MirrorFile,
  signal: AbortSignal,
): Promise<string> {
  const { size, sha256 } = file;
  const part = path.join(folder.incoming, `mirror.${sha256}${PARTIAL_SUFFIX}`);
  const partial = await PartialFile.open(part, size);
  let wrong = false;
  try {
    const request: FileRequest = { size, from: partial.size, signal };
    for await (const piece of source.file(folder.area, file, request)) await partial.append(piece);
    wrong = (await partial.finish()) !== sha256;
  } finally {
    // What is right so far stays for the next try.
    if (wrong) await partial.discard();
    else await partial.close();
  }
  if (wrong) throw otherBytes(file);
  // Two files of the same bytes are two files.
  const whole = partialBeside(path.join(folder.incoming, sha256));
  await rename(part, whole);
  try {
    await putMarks(whole, folder.fileMode, file.modifiedMs);
    return whole;
  } catch (error) {
    await removeQuietly([whole]);
    throw asDiskError(error, whole);
  }
}

/** Mode and time of a file whose bytes are on the disk already, so that they are as well. */
async function putMarks(file: string, mode: number, modifiedMs: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    // What the umask has taken from it stays taken.
    await handle.chmod((await handle.stat()).mode & mode);
    await handle.utimes(modifiedMs / 1000, modifiedMs / 1000);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const otherBytes = ({ name }: MirrorFile): BranchlineError =>
  new BranchlineError(
    'DIGEST_MISMATCH',
    `${name} came with other bytes than the other server said; nothing of it was used`,
  );
