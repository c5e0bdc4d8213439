import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';
import type { UploadFile } from '#libs/link';

const refusedNames: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NAME_MALFORMED',
  'PATH_OUTSIDE_TREE',
  'FILE_TOO_LARGE',
  'BACKUPS_TOO_MANY',
]);

/** In the branch's words: what is wrong with our disk or our limits is not wrong with its own. */
export function told(thrown: unknown): BranchlineError {
  const error = asBranchlineError(thrown);
  const { code, message } = error;
  if (code === 'DISK_FULL') {
    return new BranchlineError('PEER_FULL', 'no room for it on the disk', { cause: error });
  }
  if (!refusedNames.has(code)) return error;
  return new BranchlineError('UPLOAD_REFUSED', `${message} [${code}]`, { cause: error });
}

export const otherBytes = ({ name }: UploadFile, branch: string): BranchlineError =>
  new BranchlineError(
    'DIGEST_MISMATCH',
    `${name} came with other bytes than ${branch} said; nothing of it was kept`,
  );

export const wrongPlace = ({ name }: UploadFile, here: number, from: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${name}: ${here} bytes are here, the upload begins at ${from}; offer it again`,
  );

export const endedEarly = ({ name, size }: UploadFile, bytes: number): BranchlineError =>
  new BranchlineError(
    'LENGTH_MISMATCH',
    `${name}: the upload ended after ${bytes} of ${size} bytes; offer it again`,
  );

export const tooLarge = (file: UploadFile, maxBytes: number): BranchlineError =>
  new BranchlineError(
    'UPLOAD_REFUSED',
    `${file.name} has ${file.size} bytes, at most ${maxBytes} are taken`,
  );
