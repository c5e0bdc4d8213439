import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from './routes.ts';
import { statusJson } from './status-json.ts';
import type { Status } from './status.ts';
import { KeptJson } from './kept-json.ts';
import { forTheWire, takesGzip, type OnTheWire } from './web-manners.ts';

/** What Fastify needs of a route; the rest of it is for the API's description. */
export function registered({ method, url, params, querystring }: Route): {
  method: Route['method'];
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
  const gzipped = takesGzip(request.headers['accept-encoding']);
  return await send(reply, await forTheWire(text, gzipped), type);
}

const kept = new KeptJson(statusJson);

/** Send a status; the same one again costs nothing: it must not change. */
export async function sendStatus(
  request: FastifyRequest,
  reply: FastifyReply,
  status: Status,
): Promise<FastifyReply> {
  const gzipped = takesGzip(request.headers['accept-encoding']);
  return await send(reply, await kept.of(status, gzipped), 'application/json; charset=utf-8');
}

async function send(
  reply: FastifyReply,
  { body, encoding }: OnTheWire,
  type: string,
): Promise<FastifyReply> {
  if (encoding) reply.header('content-encoding', encoding);
  return await reply.header('vary', 'accept-encoding').type(type).send(body);
}
