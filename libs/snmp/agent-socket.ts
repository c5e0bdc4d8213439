import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

export interface AgentSocketOptions {
  readonly family: 4 | 6;
  /** Local address that the questions come from; any when absent. */
  readonly address?: string | undefined;
  readonly onDatagram: (datagram: Buffer, from: RemoteInfo) => void;
  readonly onError: (error: Error) => void;
}

/** Bytes; the answers of some thousand agents that answer in the same instant. */
const receiveBufferBytes = 4 * 1024 * 1024;

/** A UDP socket on a free port, for questions to any number of agents. */
export async function openAgentSocket(options: AgentSocketOptions): Promise<Socket> {
  const socket = createSocket({
    type: options.family === 4 ? 'udp4' : 'udp6',
    ipv6Only: options.family === 6,
    // Agents are addresses already: this saves a trip through the resolver per question.
    lookup: (address, _options, done) => {
      done(null, address, isIPv4(address) ? 4 : 6);
    },
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port: 0, ...(options.address !== undefined && { address: options.address }) });
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.setRecvBufferSize(receiveBufferBytes);
  socket.on('error', options.onError);
  socket.on('message', options.onDatagram);
  return socket;
}
