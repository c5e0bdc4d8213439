import { asBranchlineError, BranchlineError } from '#libs/errors';
import { safeName } from '#libs/files';
import type { OutgoingFile } from '#libs/journal';
import type { UploadFile } from '#libs/link';

/** As the hub reads it: a file from before 1970, or of a fraction of a millisecond, counts as well. */
export const offeredFile = ({ name, size, sha256, modifiedMs }: OutgoingFile): UploadFile => ({
  name,
  size,
  sha256,
  modified: Math.max(0, Math.trunc(modifiedMs)),
});

/** Why no hub takes a file of this name, or undefined. One such name would have the whole offer refused. */
export function whyNotOffered({ name }: OutgoingFile): BranchlineError | undefined {
  try {
    if (safeName(name) === name) return undefined;
    return refused(`${JSON.stringify(name)} is not a plain name`);
  } catch (error) {
    const { message, code } = asBranchlineError(error);
    return refused(`${message} [${code}]`, error);
  }
}

const refused = (why: string, cause?: unknown): BranchlineError =>
  new BranchlineError('UPLOAD_REFUSED', `${why}; rename it here`, { cause });
