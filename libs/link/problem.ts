import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { isToldOutside } from './link-codes.ts';
import type { ProblemDetails } from './shapes.ts';

/** What a refusal says besides its code. */
export interface ProblemExtras {
  /** Instead of the code's own status. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds; sent as Retry-After. */
  readonly retryAfter?: number;
}

/** Answer with problem details (RFC 9457). */
export async function sendProblem(
  reply: FastifyReply,
  error: BranchlineError,
  extras: ProblemExtras = {},
): Promise<void> {
  const status = extras.status ?? error.meaning.status;
  const problem: ProblemDetails = {
    type: `urn:branchline:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message.slice(0, 2_000),
    code: error.code,
  };
  if (extras.retryAfter !== undefined) reply.header('retry-after', String(extras.retryAfter));
  if (extras.headers !== undefined) reply.headers(extras.headers);
  await reply.code(status).type('application/problem+json').send(JSON.stringify(problem));
}

/**
 * Whatever a route or Fastify threw, as it may be told outside. `invalid` is the code for a request that makes no sense;
 * what went wrong in our own house becomes INTERNAL, and the caller logs its cause.
 */
export function asRequestError(
  error: unknown,
  invalid: 'LINK_REQUEST_INVALID' | 'JOIN_REQUEST_INVALID',
): BranchlineError {
  if (error instanceof BranchlineError && isToldOutside(error.code)) return error;
  const cause = { cause: error };
  if (isFastifyRefusal(error)) return new BranchlineError(invalid, error.message, cause);
  return new BranchlineError('INTERNAL', 'the hub failed; its log says why', cause);
}

function isFastifyRefusal(error: unknown): error is FastifyError {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  );
}
