import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from './routes.ts';
import { forTheWire } from './web-manners.ts';

/** What Fastify needs of a route; the rest of it is for the API's description. */
export function registered({ method, url, params, querystring }: Route): {
  method: 'GET' | 'POST';
  url: string;
  schema: { params?: object; querystring?: object };
} {
  return {
    method,
    url,
    schema: { ...(params && { params }), ...(querystring && { querystring }) },
  };
}

/** Send text, compressed when the client takes it. */
export async function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  type: string,
): Promise<FastifyReply> {
  const { body, encoding } = await forTheWire(text, request.headers['accept-encoding']);
  if (encoding) reply.header('content-encoding', encoding);
  return await reply.header('vary', 'accept-encoding').type(type).send(body);
}
