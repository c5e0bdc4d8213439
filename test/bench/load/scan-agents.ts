import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { objectsOf, systemObject } from '#libs/phones';
import { decodeMessage, encodeMessage, type SnmpValue } from '#libs/snmp';

const kind = '1.3.6.1.4.1.6889.1.69.6.1';
const objects = objectsOf(kind);
const texts = new Map([
  [objects?.type ?? '', 'J179D02A'],
  [objects?.extension[0] ?? '', '4711'],
  [objects?.firmware ?? '', '4.0.9.0.1'],
  [objects?.serial ?? '', '15WZ12345678'],
]);

function valueOf(oid: string): SnmpValue {
  if (oid === systemObject) return { kind: 'object', oid: kind };
  const text = texts.get(oid);
  return text === undefined
    ? { kind: 'noSuchObject' }
    : { kind: 'string', bytes: Buffer.from(text) };
}

/** The agents of many J179, each on an address of its own, in a process of their own. Tells when they are there. */
async function answer(port: number, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const socket = createSocket('udp4').bind(port, address);
    await once(socket, 'listening');
    socket.on('message', (datagram, from) => {
      const question = decodeMessage(datagram);
      const bindings = question.bindings.map(({ oid }) => ({ oid, value: valueOf(oid) }));
      const answered = encodeMessage({ ...question, kind: 'response', bindings });
      socket.send(answered, from.port, from.address);
    });
  }
  process.send?.('ready');
}

const [, , port = '', ...addresses] = process.argv;
process.once('disconnect', () => process.exit(0));
await answer(Number(port), addresses);
