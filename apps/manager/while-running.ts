import { BranchlineError } from '#libs/errors';

/** undefined while the server does not answer. */
export async function whileRunning<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BranchlineError && error.code === 'NOT_RUNNING') return undefined;
    throw error;
  }
}
