import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import type { FileServers } from './phones/file-request.ts';

/** A word that no line of a log may ever show. */
export const plantedSecret = 'planted-Pa55word';

const basic = Buffer.from(`10.0.0.1:${plantedSecret}`).toString('base64');

/** What begins as a protocol does and goes on as nonsense, some of it with a secret that is none of the log's business. */
const openings: readonly (() => Buffer)[] = [
  () => randomBytes(randomInt(600)),
  () => Buffer.concat([Buffer.from('GET /'), randomBytes(200), Buffer.from('\r\n\r\n')]),
  () => Buffer.from(`GET /x?password=${plantedSecret} HTTP/1.1\r\n\r\n`),
  () => Buffer.from(`GET /46xxsettings.txt HTTP/1.1\r\nAuthorization: Basic ${basic}\r\n\r\n`),
  () =>
    Buffer.from(
      `PUT /2001_96xxdata.txt HTTP/1.1\r\nAuthorization: Basic ${basic}\r\nContent-Length: 5\r\n\r\nhalf`,
    ),
  () =>
    Buffer.from('POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n'),
  () => Buffer.from(`USER mvuser\r\nPASS ${plantedSecret}\r\nSTOR ../../etc/x\r\n`),
  () => Buffer.from(`PASS ${plantedSecret}\r\n${'A'.repeat(5000)}\r\n`),
  () => Buffer.from('USER anonymous\r\nPASS x\r\nPASV\r\nPORT 10,0,0,1,0,22\r\nRETR nothing\r\n'),
  () => Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0]), randomBytes(300)]),
];

/** Datagrams of 0 to 600 bytes; half of them begin with an operation of TFTP. */
function datagram(): Buffer {
  const noise = randomBytes(randomInt(601));
  return randomInt(2) === 0 ? noise : Buffer.concat([Buffer.from([0, randomInt(9)]), noise]);
}

/** Nonsense on every port of a server, from addresses of its own, until it is stopped. */
export class Garbage {
  readonly #servers: FileServers;
  readonly #sockets = new Set<Socket>();
  readonly #idle: Socket[] = [];
  readonly #udp = createSocket('udp4');
  #timer: NodeJS.Timeout | undefined;
  sent = 0;

  constructor(servers: FileServers) {
    this.#servers = servers;
  }

  /** Every 10 ms: a few connections with nonsense, a few datagrams. */
  start(): void {
    this.#udp.on('error', () => undefined);
    this.#timer = setInterval(() => {
      for (const port of tcpPorts(this.#servers)) {
        const opening = openings[randomInt(openings.length)];
        if (this.#sockets.size < 200 && opening !== undefined) this.#speak(port, opening());
      }
      for (let n = 0; n < 10; n += 1) {
        this.#udp.send(datagram(), this.#servers.tftp, this.#servers.host);
        this.sent += 1;
      }
    }, 10);
  }

  /** Open `count` connections, spread over all ports and many addresses, that say nothing; FTP's are asked for a data channel. */
  async hold(count: number): Promise<number> {
    const ports = tcpPorts(this.#servers);
    const opened = Array.from({ length: count }, async (_, index) => {
      const port = ports[index % ports.length] ?? 0;
      const localAddress = `127.3.${1 + Math.floor(index / 20)}.1`;
      const socket = connect({ port, host: this.#servers.host, localAddress });
      this.#idle.push(socket);
      return await new Promise<number>((resolve) => {
        socket.on('error', () => {
          resolve(0);
        });
        socket.once('connect', () => {
          if (port === this.#servers.ftp) socket.write('USER anonymous\r\nPASS x\r\nPASV\r\n');
          resolve(1);
        });
      });
    });
    return (await Promise.all(opened)).reduce((sum, one) => sum + one, 0);
  }

  /** Hang up on everybody. */
  stop(): void {
    clearInterval(this.#timer);
    for (const socket of [...this.#sockets, ...this.#idle]) socket.destroy();
    this.#udp.close();
  }

  #speak(port: number, bytes: Buffer): void {
    const localAddress = `127.2.${randomInt(1, 250)}.${randomInt(1, 250)}`;
    const socket = connect({ port, host: this.#servers.host, localAddress });
    this.#sockets.add(socket);
    this.sent += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('connect', () => {
      socket.write(bytes);
      // Some stay in the middle of a sentence, and are cut by the server or here.
      setTimeout(() => socket.destroy(), randomInt(500)).unref();
    });
    socket.resume();
  }
}

const tcpPorts = ({ http, https, ftp, ftps, cisco }: FileServers): number[] =>
  [...http, ...https, ftp, ftps, cisco].filter((port) => port !== undefined);
