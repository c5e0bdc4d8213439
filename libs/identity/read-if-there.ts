import { readFile } from 'node:fs/promises';
import { BranchlineError, systemCode } from '#libs/errors';

/** The text of a small file, or undefined when there is none. @throws BranchlineError CERTIFICATE_INVALID when it cannot be read. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new BranchlineError(
      'CERTIFICATE_INVALID',
      `${file} cannot be read (${systemCode(error) ?? 'unknown failure'}): check its owner and permissions`,
      { cause: error },
    );
  }
}
