import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freeUdpPort(address: string): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind({ address, port: 0 });
  await listening;
  const { port } = socket.address();
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  return port;
}
