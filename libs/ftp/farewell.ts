import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { secureData } from './data-channel.ts';
import type { Session } from './session.ts';

/** Who sends the bytes: this side, or the client. */
export type DataDirection = 'download' | 'upload';

const doneMs = 5_000;
const dismissedMs = { download: 500, upload: 2_000 };
/** Who speaks TLS before the reply began before the command. */
const helloMs = 200;
const maxUnheard = 16 * 1024 * 1024;

/** The transfer is done. What TLS has not yet handed to the kernel would be lost with its socket: it ends when the client closes its side. */
export function leave(stream: Duplex): void {
  if (!(stream instanceof TLSSocket)) {
    stream.destroy();
    return;
  }
  destroyLate(stream, doneMs);
  stream.resume();
}

/**
 * The transfer is refused. Closing with bytes unread would reset the connection, and the client would take that for the
 * answer: what it still sends is read and forgotten until it has heard the refusal and closes, for a while.
 */
export function dismiss(stream: Duplex, direction: DataDirection): void {
  if (stream.destroyed) return;
  destroyLate(stream, dismissedMs[direction]);
  stream.on('error', () => undefined);
  let unheard = 0;
  stream.on('data', (chunk: Buffer) => {
    unheard += chunk.length;
    if (unheard > maxUnheard) stream.destroy();
  });
  stream.on('end', () => {
    stream.end();
  });
  // Who waits for bytes waits for their end; who sends must not take this side's end for trouble.
  if (direction === 'download') stream.end();
  stream.resume();
}

/**
 * The transfer is refused before its data connection was used, if there is one. Some clients read no reply before TLS is
 * agreed upon there.
 */
export function refusePlan({ state, context }: Session): void {
  const secure = state.protect ? context.secureContext() : undefined;
  if (secure === undefined) {
    state.dropPlan();
    return;
  }
  state.dropPlan((socket: Socket) => {
    const onBegun = (): void => {
      clearTimeout(silent);
      // Readable without a byte: the client has heard the refusal and hung up.
      if (socket.readableLength === 0) {
        socket.destroy();
        return;
      }
      secureData(socket, { context: secure, timeoutMs: doneMs }).then(
        (secured) => {
          dismiss(secured, 'download');
        },
        () => {
          socket.destroy();
        },
      );
    };
    const silent = setTimeout(() => {
      socket.off('readable', onBegun);
      dismiss(socket, 'download');
    }, helloMs);
    socket.once('readable', onBegun);
  });
}

function destroyLate(stream: Duplex, ms: number): void {
  const late = setTimeout(() => stream.destroy(), ms);
  stream.once('close', () => {
    clearTimeout(late);
  });
}
