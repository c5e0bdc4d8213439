import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { patienceMs, Unreachable, WrongAnswer, type Answer } from './file-request.ts';
import { ReceivedBody } from './received-body.ts';

export interface TftpRequest {
  readonly host: string;
  readonly port: number;
  /** The phone's own address. */
  readonly from: string;
  readonly name: string;
  /** In the order in which they are sent; old phones send none. */
  readonly options?: readonly (readonly [name: string, value: string])[];
}

const askAgainMs = 1_000;
const [read, data, ack, fault, optionAck] = [1, 3, 4, 5, 6];
/** TFTP's error codes (RFC 1350 § 5) as HTTP would say them. */
const statusOf: Readonly<Record<number, number>> = { 1: 404, 2: 403 };

/**
 * Read one file in lock-step as the small stack of a telephone does: every packet is built here, what is lost is asked
 * for again after a second, a block comes once.
 * @throws Unreachable after 30 s without a block; WrongAnswer on a packet that no server may send.
 */
export async function askTftp(request: TftpRequest): Promise<Answer> {
  const began = performance.now();
  const { host, port, from, name, options = [] } = request;
  const where = `${name} at ${host}:${port} (TFTP)`;
  const socket = createSocket({ type: 'udp4', recvBufferSize: 65_536 });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = new ReceivedBody();
  let blockBytes = 512;
  let expected = 1;
  let peer: number | undefined;
  let firstByteMs: number | undefined;
  let heard = began;
  let last: Buffer = Buffer.from(
    `\0${String.fromCharCode(read)}${[name, 'octet', ...options.flat()].join('\0')}\0`,
    'latin1',
  );

  const say = (packet: Buffer): void => {
    last = packet;
    socket.send(packet, peer ?? port, host);
  };
  const acknowledge = (block: number): void => {
    say(Buffer.from([0, ack, (block >> 8) & 255, block & 255]));
  };
  const finish = (status: number): void => {
    const times = { firstByteMs: firstByteMs ?? 0, ms: performance.now() - began };
    resolve({ status, ...body.finish(), ...times });
  };
  const take = (packet: Buffer): void => {
    const [kind, number] = [packet.readUInt16BE(0), packet.length < 4 ? 0 : packet.readUInt16BE(2)];
    if (kind === fault) {
      const status = statusOf[number];
      if (status === undefined) throw new WrongAnswer(`${where}: error ${number}`);
      finish(status);
    } else if (kind === optionAck) {
      blockBytes = Number(granted(packet, options, where).get('blksize') ?? blockBytes);
      acknowledge(0);
    } else if (kind === data) {
      // A block that came twice was acknowledged already: saying so again would double the traffic.
      if (number !== (expected & 0xffff)) return;
      const block = packet.subarray(4);
      if (block.length > blockBytes) throw new WrongAnswer(`${where}: a block of ${block.length}`);
      body.take(block);
      acknowledge(expected & 0xffff);
      expected += 1;
      if (block.length < blockBytes) finish(200);
    } else throw new WrongAnswer(`${where}: a packet of kind ${kind}`);
  };

  socket.on('message', (packet, { port: sender }) => {
    // The first to answer is the partner of this transfer (RFC 1350 § 4).
    peer ??= sender;
    if (sender !== peer) return;
    heard = performance.now();
    firstByteMs ??= heard - began;
    try {
      take(packet);
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', reject);
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - heard > patienceMs) reject(new Unreachable(`${where}: silent for ${patienceMs} ms`));
    else if (now - heard >= askAgainMs) say(last);
  }, askAgainMs);
  try {
    socket.bind(0, from);
    await once(socket, 'listening');
    say(last);
    return await promise;
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

/** Only what was asked for may be granted, and nothing larger (RFC 2347, 2348). */
function granted(
  packet: Buffer,
  asked: readonly (readonly [string, string])[],
  where: string,
): Map<string, string> {
  const words = packet.subarray(2).toString('latin1').split('\0');
  const pairs = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [option = '', value = ''] = [words[at]?.toLowerCase(), words[at + 1]];
    const wanted = asked.find(([name]) => name.toLowerCase() === option)?.[1];
    if (wanted === undefined) throw new WrongAnswer(`${where}: nobody asked for ${option}`);
    if (option === 'blksize' && Number(value) > Number(wanted))
      throw new WrongAnswer(`${where}: blocks of ${value} instead of ${wanted}`);
    pairs.set(option, value);
  }
  return pairs;
}
