import { asBranchlineError } from '#libs/errors';
import { SettingsError } from '#libs/settings';

/** Say on stderr what failed and why; returns the exit code. The stack is for us, so only INTERNAL shows it. */
export function reportFailure(thrown: unknown): number {
  const error = asBranchlineError(thrown);
  // One line per fault, in the form that editors and scripts read.
  if (error instanceof SettingsError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`branchline: ${error.message} [${error.code}]\n`);
  if (error.code === 'INTERNAL' && error.cause instanceof Error) {
    process.stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  return error.meaning.exit;
}
