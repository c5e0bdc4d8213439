import { errorCodes, type ErrorCode, type ErrorMeaning } from './error-code.ts';

/** A failure with a code for programs, a sentence for people (what, where, what to do) and its cause. */
export class BranchlineError extends Error {
  override readonly name = 'BranchlineError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get meaning(): ErrorMeaning {
    return errorCodes[this.code];
  }
}

/** Give any thrown value a code; what we did not foresee is INTERNAL and keeps its cause. */
export function asBranchlineError(thrown: unknown): BranchlineError {
  if (thrown instanceof BranchlineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BranchlineError('INTERNAL', `unexpected failure: ${message}`, { cause: thrown });
}

/** The `code` of a Node system error such as ENOENT, or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** True when `code` is one of ours: for codes that arrive over the wire. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
