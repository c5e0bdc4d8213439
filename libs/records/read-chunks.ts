import type { Socket } from 'node:net';

/** Longest time in which a sender hears that it is over, and what it had sent by then still comes, in milliseconds. */
const partingMs = 500;

/**
 * What comes over a socket, read only when the last piece is dealt with: meanwhile the kernel's buffer fills and the
 * sender waits. Ends when the peer ends or the connection breaks; what had been read by then still comes, which the
 * stream's own iterator would throw away. When `signal` fires the peer is told first (FIN): what is on its way for up to half a
 * second would be lost otherwise, and nobody would send it again.
 */
export async function* readChunks(socket: Socket, signal: AbortSignal): AsyncGenerator<Buffer> {
  const ended = new AbortController();
  let wake = Promise.withResolvers<undefined>();
  const look = (): void => {
    wake.resolve(undefined);
  };
  const end = (): void => {
    ended.abort();
    look();
  };
  socket.on('readable', look);
  for (const event of ['end', 'error', 'close']) socket.on(event, end);
  let late: NodeJS.Timeout | undefined;
  const part = (): void => {
    socket.end();
    late = setTimeout(end, partingMs);
  };
  if (signal.aborted) part();
  else signal.addEventListener('abort', part);
  try {
    for (;;) {
      const chunk: unknown = socket.read();
      if (Buffer.isBuffer(chunk)) yield chunk;
      else if (ended.signal.aborted) return;
      else {
        await wake.promise;
        wake = Promise.withResolvers<undefined>();
      }
    }
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', part);
    socket.destroy();
  }
}
