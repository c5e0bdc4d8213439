import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { HandshakeTurns } from '../../libs/http/handshake-turns.ts';

it('lets a few connections begin in each turn, in their order, and none that is gone', async () => {
  const server = createServer();
  const begun: unknown[] = [];
  server.removeAllListeners('connection');
  server.on('connection', (socket) => begun.push(socket));
  new HandshakeTurns().guard(server);
  const sockets = Array.from({ length: 20 }, () => new Socket());
  for (const socket of sockets) server.emit('connection', socket);
  sockets[1]?.destroy();
  expect(begun).toEqual([]);
  await turn();
  expect(begun.length).toBeLessThan(10);
  for (let n = 0; n < 5; n += 1) await turn();
  expect(begun).toEqual(sockets.filter((socket) => socket !== sockets[1]));
});
