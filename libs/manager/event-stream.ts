import type { FastifyReply, FastifyRequest } from 'fastify';

/** An answer of server-sent events, and how one knows that nobody listens any more. */
export interface EventStream {
  readonly gone: AbortSignal;
  /** False when the reader is slow: let it go, it comes back. */
  readonly send: (text: string) => boolean;
  readonly end: () => void;
}

/** Take over an answer. */
export function eventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  const gone = new AbortController();
  const { socket } = request.raw;
  const onClose = (): void => {
    gone.abort();
  };
  socket.once('close', onClose);
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...headersOf(reply),
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  });
  raw.write('retry: 1000\n\n');
  return {
    gone: gone.signal,
    send: (text) => raw.write(text),
    end: () => {
      // A browser asks again on the same connection, minute by minute.
      socket.off('close', onClose);
      raw.end();
    },
  };
}

/** Wait, or less when it is over. */
export async function pause(ms: number, gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    clearTimeout(timer);
    resolve(undefined);
  };
  const timer = setTimeout(end, ms).unref();
  gone.addEventListener('abort', end, { once: true });
  await promise;
  gone.removeEventListener('abort', end);
}

function headersOf(reply: FastifyReply): Record<string, string> {
  const headers = Object.entries(reply.getHeaders());
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
