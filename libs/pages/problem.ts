import { STATUS_CODES } from 'node:http';
import { Type, type Static } from 'typebox';
import { asBranchlineError, BranchlineError, type ErrorCode } from '#libs/errors';

/** Problem details (RFC 9457), with our code beside the status. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: 'urn:branchline:error:CODE' }),
    title: Type.String({ description: 'Words of the HTTP status' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What, where, what to do' }),
    code: Type.String({ description: 'See docs/errors.md' }),
  },
  { additionalProperties: false },
);

export type Problem = Static<typeof problemSchema>;

/** What a client may know of an error. The details of our own failures stay in the log. */
export function problemOf(error: BranchlineError): Problem {
  const { status, fault } = error.meaning;
  return {
    type: `urn:branchline:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail:
      fault === 'ours' ? 'the server failed; its log says why' : error.message.slice(0, 2_000),
    code: error.code,
  };
}

const byStatus: ReadonlyMap<number, ErrorCode> = new Map([
  [404, 'NOT_FOUND'],
  [413, 'FILE_TOO_LARGE'],
]);

/** Give whatever a route or Fastify threw one of our codes: a request that makes no sense is USAGE. */
export function asRequestError(thrown: unknown): BranchlineError {
  if (thrown instanceof BranchlineError) return thrown;
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number') {
    const { statusCode, message } = thrown;
    if (statusCode >= 400 && statusCode < 500) {
      return new BranchlineError(byStatus.get(statusCode) ?? 'USAGE', message, { cause: thrown });
    }
  }
  return asBranchlineError(thrown);
}
