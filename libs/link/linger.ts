import type { FastifyReply, FastifyRequest } from 'fastify';

/** Longest time that a sender has to read our answer and stop sending. */
const lingerMs = 5_000;

/**
 * An answer that comes before the end of a body: what still comes is thrown away for a while. A connection that is closed on
 * unread bytes is reset, and the sender never learns why (RFC 9112 § 9.6).
 */
export function linger({ raw: request }: FastifyRequest, reply: FastifyReply): void {
  if (request.complete) return;
  const late = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => {
    clearTimeout(late);
  });
  reply.raw.once('finish', () => request.resume());
}
