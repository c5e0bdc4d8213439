import type { Server } from 'node:https';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { sendProblem } from './problem.ts';

/**
 * A body must be here within `ms`, except where `exempt` says so: an upload over a slow line takes as long as it takes, and
 * has a bound of its own. Node's own request time-out knows no exceptions.
 */
export function bodyDeadline(
  http: FastifyInstance<Server>,
  ms: number,
  exempt: (request: FastifyRequest) => boolean,
): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const read = (request: FastifyRequest): void => {
    clearTimeout(timers.get(request));
  };
  http.addHook('onRequest', (request, reply, done) => {
    if (!exempt(request)) {
      const late = setTimeout(() => {
        reply.header('connection', 'close');
        const error = new BranchlineError('LINK_REQUEST_INVALID', 'the body did not come in time');
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
