import type { Socket } from 'node:net';

/**
 * What comes over a socket, read only when the last piece is dealt with: meanwhile the kernel's buffer fills and the
 * sender waits. Ends when the peer ends, the connection breaks or `signal` fires; what had been read by then still
 * comes, which the stream's own iterator would throw away.
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
  signal.addEventListener('abort', end);
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
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}
