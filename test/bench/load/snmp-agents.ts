import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeMessage, encodeMessage } from '#libs/snmp';

/** The agents of many telephones, each on an address of its own, in a thread of their own. Tells the port once they are there. */
async function answer({ addresses, port }: { addresses: readonly string[]; port: number }) {
  for (const address of addresses) {
    const socket = createSocket('udp4').bind(port, address);
    await once(socket, 'listening');
    socket.on('message', (datagram, from) => {
      const question = decodeMessage(datagram);
      const bindings = question.bindings.map(({ oid }) => {
        return { oid, value: { kind: 'string', bytes: Buffer.from('4610D01A') } as const };
      });
      const answered = encodeMessage({ ...question, kind: 'response', bindings });
      socket.send(answered, from.port, from.address);
    });
  }
  parentPort?.postMessage('ready');
}

await answer(workerData as { addresses: readonly string[]; port: number });
