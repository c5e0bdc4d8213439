import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import * as library from 'net-snmp';
import { CommunityClient } from '#libs/snmp';
import { freeUdpPort } from '../support/free-udp-port.ts';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { LoopDelay } from './support/loop-delay.ts';
import { inTurn, timed } from './support/measure.ts';

const telephones = 1_000;
const patience = { timeoutMs: 10_000, tries: 1 };
/** Milliseconds for the sockets of the other to be closed and forgotten. */
const settleMs = 300;
const oids = ['1.3.6.1.4.1.6889.2.69.1.4.9.0', '1.3.6.1.4.1.6889.2.69.1.1.2.0'];

export const name = 'snmp';

export async function run(): Promise<BenchResult> {
  const addresses = Array.from(
    { length: telephones },
    (_, index) => `127.11.${index >> 8}.${(index & 255) + 1}`,
  ).map((address) => address.replace(/\.256$/, '.0'));
  const port = await freeUdpPort('127.0.0.1');
  const workerData = { addresses, port };
  const agents = new Worker(new URL('./load/snmp-agents.ts', import.meta.url), { workerData });
  await once(agents, 'message');
  const client = new CommunityClient({ version: '2c', community: 'public', port, ...patience });
  await client.start();
  const loop = new LoopDelay();
  const sweep = async (): Promise<void> => {
    await Promise.all(addresses.map((address) => client.get(address, oids)));
  };
  for (let warm = 0; warm < 3; warm += 1) await sweep();
  try {
    const { ours, peer } = await inTurn(
      5,
      async () => {
        await sleep(settleMs);
        return await loop.watch(() => timed(sweep));
      },
      async () => {
        await sleep(settleMs);
        return await timed(async () => {
          await Promise.all(addresses.map((address) => askByLibrary(address, port)));
        });
      },
    );
    return {
      title: 'SNMP: 1,000 telephones asked for two objects at once',
      command: 'net-snmp (npm), one session for each telephone',
      figures: [
        { label: 'branchline', value: ours, unit: 'ms' },
        { label: 'net-snmp', value: peer, unit: 'ms' },
        {
          label: 'longest wait of the event loop',
          value: loop.maxMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
      ratio: ratioOf('branchline / net-snmp', ours, peer, 0.1),
    };
  } finally {
    await client.stop();
    await agents.terminate();
  }
}

async function askByLibrary(address: string, port: number): Promise<void> {
  const version = library.Version2c;
  const session = library.createSession(address, 'public', { port, version, timeout: 10_000 });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  session.get(oids, (error) => {
    if (error === null) resolve(undefined);
    else reject(error);
  });
  try {
    await promise;
  } finally {
    session.close();
  }
}
