import { Agent, get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { eventStream } from '../../libs/manager/event-stream.ts';

it('leaves nothing behind on a connection on which a browser asks again and again', async () => {
  const app = fastify();
  const sockets = new Set<Socket>();
  let listening = 0;
  app.get('/', (request, reply) => {
    const { socket } = request.raw;
    sockets.add(socket);
    listening = socket.listenerCount('close');
    const stream = eventStream(request, reply);
    stream.send(':\n\n');
    stream.end();
  });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
  });
  const ask = async (): Promise<number> => {
    const answer = Promise.withResolvers<IncomingMessage>();
    get(base, { agent }, answer.resolve).once('error', answer.reject);
    await text(await answer.promise);
    return listening;
  };
  const first = await ask();
  for (let n = 0; n < 20; n += 1) await ask();
  expect(sockets.size).toBe(1);
  expect(listening).toBe(first);
});
