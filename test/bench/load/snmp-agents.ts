import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { decodeMessage, encodeMessage } from '#libs/snmp';

const extensionOid = '1.3.6.1.4.1.6889.2.69.1.4.9.0';

interface Agents {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Its first number counts the questions. */
  readonly questions?: Int32Array;
}

/** The agents of many telephones, each on an address of its own, in a thread of their own. Tells when they are there. */
async function answer({ addresses, port, questions }: Agents): Promise<void> {
  for (const address of addresses) {
    const socket = createSocket('udp4').bind(port, address);
    await once(socket, 'listening');
    socket.on('message', (datagram, from) => {
      if (questions !== undefined) Atomics.add(questions, 0, 1);
      const question = decodeMessage(datagram);
      const bindings = question.bindings.map(({ oid }) => {
        const text = oid === extensionOid ? '4711' : '4610D01A';
        return { oid, value: { kind: 'string', bytes: Buffer.from(text) } as const };
      });
      const answered = encodeMessage({ ...question, kind: 'response', bindings });
      socket.send(answered, from.port, from.address);
    });
  }
  parentPort?.postMessage('ready');
}

await answer(workerData as Agents);
