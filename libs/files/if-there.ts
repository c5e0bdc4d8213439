import { systemCode } from '#libs/errors';

/** What a call to the disk gives, or undefined when that file or folder is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
