import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export type Direction = 'to server' | 'to phone';
/** `hold` delivers the datagram behind the next one of the same direction: a reordered pair. */
export type Fate = 'pass' | 'drop' | 'twice' | 'hold';
/** Decides about each datagram; `index` counts from 0 in each direction, over all phones. */
export type Script = (direction: Direction, datagram: Buffer, index: number) => Fate;

interface Line {
  readonly socket: Socket;
  /** The server's port for this phone: the request port first, then the one that answers. */
  serverPort: number;
  readonly held: Partial<Record<Direction, Buffer | undefined>>;
}

/** A bad network between phones and a TFTP server on loopback, with a script instead of dice. */
export async function openRelay(serverPort: number, script: Script): Promise<{ port: number }> {
  const front = createSocket('udp4');
  const lines = new Map<string, Line>();
  const counts: Record<Direction, number> = { 'to server': 0, 'to phone': 0 };

  const carry = (line: Line, direction: Direction, datagram: Buffer, send: (d: Buffer) => void) => {
    const fate = script(direction, datagram, counts[direction]++);
    const held = line.held[direction];
    if (fate === 'hold') {
      line.held[direction] = datagram;
    } else if (fate !== 'drop') {
      send(datagram);
      if (fate === 'twice') send(datagram);
      line.held[direction] = undefined;
    }
    if (held !== undefined && fate !== 'drop') send(held);
  };

  const lineOf = (phone: RemoteInfo): Line => {
    const known = lines.get(`${phone.address} ${phone.port}`);
    if (known !== undefined) return known;
    const line: Line = { socket: createSocket('udp4'), serverPort, held: {} };
    line.socket.on('message', (datagram, from) => {
      line.serverPort = from.port;
      carry(line, 'to phone', datagram, (bytes) => {
        front.send(bytes, phone.port, phone.address);
      });
    });
    lines.set(`${phone.address} ${phone.port}`, line);
    return line;
  };

  front.on('message', (datagram, phone) => {
    const line = lineOf(phone);
    const isRequest = datagram.readUInt16BE(0) <= 2;
    carry(line, 'to server', datagram, (bytes) => {
      line.socket.send(bytes, isRequest ? serverPort : line.serverPort, '127.0.0.1');
    });
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  onTestFinished(() => {
    for (const { socket } of lines.values()) socket.close();
    front.close();
  });
  return { port: front.address().port };
}
