import type { FastifyRequest } from 'fastify';

const longest = 1_024;

/** A parameter of the address, cut to a bounded length; empty when it is not there. */
export function asked(request: FastifyRequest, name: string): string {
  const { searchParams } = new URL(request.url, 'http://manager');
  return (searchParams.get(name) ?? '').slice(0, longest);
}

/** How many to leave out; what is no number is none. */
export function offsetOf(request: FastifyRequest): number {
  const text = asked(request, 'offset');
  return /^\d{1,7}$/.test(text) ? Number(text) : 0;
}
