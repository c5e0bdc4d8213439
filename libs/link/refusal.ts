import type { Dispatcher } from 'undici';
import { BranchlineError, isErrorCode } from '#libs/errors';
import { collect } from './collect.ts';
import { believed } from './link-codes.ts';
import { parseJson } from './parse.ts';
import { maxBodyBytes, ProblemDetails } from './shapes.ts';

/** PEER_BUSY with the hub's wish when to come back. */
export class PeerBusyError extends BranchlineError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super('PEER_BUSY', message);
    this.retryAfterMs = retryAfterMs;
  }
}

const defaultRetryMs = 10_000;
const maxRetryMs = 10 * 60_000;

/** The error that an answer other than the hoped-for one stands for. Reads its body. */
export async function refusal(
  response: Dispatcher.ResponseData,
  address: string,
): Promise<BranchlineError> {
  const { statusCode } = response;
  const problem = await readProblem(response, address);
  const said = problem === undefined ? '' : `: ${problem.detail}`;
  if (problem !== undefined && isErrorCode(problem.code) && believed.has(problem.code)) {
    return new BranchlineError(problem.code, `the hub ${address} refuses this branch${said}`);
  }
  if (statusCode === 429 || statusCode >= 500) {
    return new PeerBusyError(
      `the hub ${address} cannot answer now (status ${statusCode})${said}`,
      retryAfterMs(response.headers['retry-after']),
    );
  }
  return new BranchlineError(
    'PEER_REFUSED',
    `the hub ${address} refused the request with status ${statusCode}${said}; its log says more`,
  );
}

/** A body that is no problem of ours tells nothing: the status stays. */
async function readProblem(
  response: Dispatcher.ResponseData,
  address: string,
): Promise<ProblemDetails | undefined> {
  const where = `the refusal of ${address}`;
  try {
    const bytes = await collect(response, maxBodyBytes, 'PEER_ANSWER_INVALID', where);
    return parseJson(ProblemDetails, bytes, 'PEER_ANSWER_INVALID', where);
  } catch {
    return undefined;
  }
}

function retryAfterMs(header: string | string[] | undefined): number {
  const seconds = typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : NaN;
  return Number.isNaN(seconds) ? defaultRetryMs : Math.min(seconds * 1000, maxRetryMs);
}
