import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError, type ErrorCode } from '#libs/errors';
import { sendProblem } from './problem.ts';

export interface BodyDeadline {
  /** Within which a body must be here, in milliseconds. */
  readonly ms: number;
  /** What the sender is told. */
  readonly code: ErrorCode;
  /** True for requests without a deadline: an upload over a slow line takes as long as it takes, and has a bound of its own. */
  readonly exempt: (request: FastifyRequest) => boolean;
}

/** A body must be here in time. Node's own request time-out knows no exceptions. */
export function bodyDeadline(http: FastifyInstance, { ms, code, exempt }: BodyDeadline): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const read = (request: FastifyRequest): void => {
    clearTimeout(timers.get(request));
  };
  http.addHook('onRequest', (request, reply, done) => {
    if (!exempt(request)) {
      const late = setTimeout(() => {
        reply.header('connection', 'close');
        const error = new BranchlineError(code, 'the body did not come in time');
        void sendProblem(reply, error, { status: 408 }).finally(() => request.raw.destroy());
      }, ms);
      timers.set(request, late);
      request.raw.once('close', () => {
        read(request);
      });
    }
    done();
  });
  http.addHook('preValidation', (request, _reply, done) => {
    read(request);
    done();
  });
}
