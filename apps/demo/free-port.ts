import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what the kernel hands out by itself (32768 and up on Linux): there, a port that was free a moment ago may be
 * the near end of anybody's connection when a server binds it, or while one is killed and started again.
 */
const firstPort = 20_000;
const portsOfOne = 100;
const lastPort = 32_000;

/** The ports that this process gives away: nobody else who asks here gets them while it lives. */
let own: Promise<Claim> | undefined;

interface Claim {
  /** Held as long as the process lives. */
  readonly socket: Socket;
  readonly end: number;
  next: number;
}

/** A TCP port of loopback that nobody uses. */
export async function freeTcpPort(): Promise<number> {
  return freePort(isFreeTcp);
}

/** A UDP port of loopback that nobody uses. */
export async function freeUdpPort(): Promise<number> {
  return freePort(isFreeUdp);
}

async function freePort(isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (;;) {
    own ??= claimPorts();
    const asked = own;
    const claim = await asked;
    while (claim.next < claim.end) {
      const port = claim.next++;
      if (await isFree(port)) return port;
    }
    if (own === asked) own = undefined;
  }
}

/** The first port of a hundred is held, so that two processes never share them; given back when the process ends. */
async function claimPorts(): Promise<Claim> {
  for (let first = firstPort; first < lastPort; first += portsOfOne) {
    const socket = createSocket('udp4');
    if (await binds(socket, first)) {
      socket.unref();
      return { socket, next: first + 1, end: first + portsOfOne };
    }
  }
  throw new Error(`no hundred ports from ${firstPort} to ${lastPort} are free`);
}

async function binds(socket: Socket, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('error', () => {
    resolve(false);
  });
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
    resolve(true);
  });
  return promise;
}

async function isFreeUdp(port: number): Promise<boolean> {
  const probe = createSocket('udp4');
  const isFree = await binds(probe, port);
  const closed = once(probe, 'close');
  probe.close();
  await closed;
  return isFree;
}

async function isFreeTcp(port: number): Promise<boolean> {
  const probe = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.once('error', () => {
    resolve(false);
  });
  probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
    resolve(true);
  });
  const isFree = await promise;
  if (!isFree) return false;
  probe.close();
  await once(probe, 'close');
  return true;
}
