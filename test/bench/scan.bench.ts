import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TreeDelivery } from '#libs/delivery';
import { Journal, ScansTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { objectsOf, parseRanges, systemObject } from '#libs/phones';
import { OfferedFirmware, runScan, ScanFolder, Scans, ScanTargets } from '#libs/scan';
import { CommunityClient, type SnmpReader } from '#libs/snmp';
import { freeUdpPort } from '../support/free-udp-port.ts';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { LoopDelay } from './support/loop-delay.ts';
import { inTurn, median, timeCommand, timed, withTempFolder } from './support/measure.ts';
import { forgetMemoryPeak, memoryPeak } from './support/memory-peak.ts';

export const name = 'scan';
export const caseNames = ['answering', 'silent'] as const;

const telephones = 1_000;
/** Telephones that snmpget asks, one after the other; the time is scaled to all of them. */
const sample = 100;
/** As [SNMP] TimeOut and Retries are when nobody sets them. */
const patience = { timeoutMs: 1_000, tries: 2 };
const limits = { atOnce: 1_000, perSecond: 4_000 };
const addresses = Array.from(
  { length: telephones },
  (_, index) => `127.12.${index >> 8}.${index & 255}`,
);
const ranges = parseRanges('127.12.0.0-127.12.3.231');
const settingsObjects = { extension: systemObject, type: systemObject, chosen: false };

export async function run(wanted: readonly string[] = caseNames): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  if (wanted.includes('answering')) results.push(await withTempFolder(answering));
  if (wanted.includes('silent')) results.push(await withTempFolder(silent));
  return results;
}

/** Every telephone answers: a whole scan beside snmpget, asked the same two questions. */
async function answering(folder: string): Promise<BenchResult> {
  const { scan, whole, port, close } = await rig(folder, addresses);
  const loop = new LoopDelay();
  const kept: number[] = [];
  for (let warm = 0; warm < 5; warm += 1) await scan();
  try {
    const { ours, peer } = await inTurn(
      3,
      async () => {
        kept.push(await timed(whole));
        return await loop.watch(() => timed(scan));
      },
      async () => ((await timeCommand('bash', ['-c', script(port)])) / sample) * telephones,
    );
    return {
      title: 'Firmware scan: 1,000 telephones, all answering',
      command: `snmpget for sysObjectID and snmpget for the family's objects, one after the other: ${sample} telephones, scaled to ${telephones}`,
      figures: [
        { label: 'branchline', value: ours, unit: 'ms' },
        { label: 'branchline with history and files', value: median(kept.slice(1)), unit: 'ms' },
        { label: 'snmpget', value: peer, unit: 'ms' },
        {
          label: 'snmpget / branchline',
          value: peer / ours,
          unit: '×',
          limit: { kind: 'at least', value: 100 },
        },
        {
          label: 'longest wait of the event loop',
          value: loop.maxMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
      ratio: ratioOf('branchline / snmpget', ours, peer, 0.01),
    };
  } finally {
    await close();
  }
}

/** Nine of ten addresses are silent: the scan takes as long as it waits for these, and little more. */
async function silent(folder: string): Promise<BenchResult> {
  const { whole, close } = await rig(
    folder,
    addresses.filter((_, index) => index % 10 === 0),
  );
  try {
    const loop = new LoopDelay();
    globalThis.gc?.();
    await forgetMemoryPeak(process.pid);
    const before = (await memoryPeak(process.pid)) ?? 0;
    const took = await loop.watch(() => timed(whole));
    const after = (await memoryPeak(process.pid)) ?? 0;
    const waits = patience.timeoutMs * patience.tries;
    return {
      title: 'Firmware scan: 1,000 addresses, 90 % of them silent, with history and files',
      command: `time-out × questions: ${waits} ms`,
      figures: [
        { label: 'branchline', value: took, unit: 'ms' },
        {
          label: 'branchline / time-out × questions',
          value: took / waits,
          unit: '×',
          limit: { kind: 'at most', value: 1.3 },
        },
        {
          label: 'memory on top',
          value: (after - before) / 1_000_000,
          unit: 'MB',
          limit: { kind: 'at most', value: 60 },
        },
        {
          label: 'longest wait of the event loop',
          value: loop.maxMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
    };
  } finally {
    await close();
  }
}

interface Rig {
  readonly port: number;
  /** Ask and compare. */
  readonly scan: () => Promise<void>;
  /** The same, and remember it and write its files. */
  readonly whole: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function rig(folder: string, present: readonly string[]): Promise<Rig> {
  const port = await freeUdpPort('127.0.0.1');
  const agents = fork(
    fileURLToPath(new URL('./load/scan-agents.ts', import.meta.url)),
    [String(port), ...present],
    { execArgv: ['-C', 'source', '--disable-warning=ExperimentalWarning'] },
  );
  await once(agents, 'message');
  const tree = path.join(folder, 'HTTPdata');
  await mkdir(tree);
  const firmware = 'FW_S_J179_R4_1_3_0_6.bin';
  await writeFile(path.join(tree, 'J100Supgrade.txt'), `SET APPNAME ${firmware}\n`);
  await writeFile(path.join(tree, firmware), 'firmware');
  const delivery = new TreeDelivery({ trees: { HTTP: tree }, cacheBytes: 1_000_000 });
  const newReader = (): SnmpReader =>
    new CommunityClient({ version: '2c', community: 'public', port, ...patience });
  const journal = new Journal(path.join(folder, 'branchline.db'));
  const scans = new Scans({
    ...{ newReader, delivery, trees: ['HTTP'], objects: settingsObjects, ...limits },
    table: new ScansTable(journal),
    folder: new ScanFolder({ folder: path.join(folder, 'Scan'), keep: 3 }),
    server: 'bench',
    maxCount: telephones,
    clock: systemClock,
    log: silentLogger(),
  });
  await scans.start();
  return {
    port,
    scan: async () => {
      let behind = 0;
      await runScan(
        {
          ...{ reader: newReader(), objects: settingsObjects, ...limits },
          targets: new ScanTargets(ranges, telephones),
          offered: new OfferedFirmware({ delivery, trees: ['HTTP'] }),
          onPhone: ({ standing }) => (behind += standing === 'behind' ? 1 : 0),
        },
        new AbortController().signal,
      );
      if (behind !== present.length) throw new Error(`${behind} of ${present.length} answered`);
    },
    whole: async () => {
      scans.begin(ranges, 'command');
      const ended = await scans.settled();
      if (ended?.summary.behind !== present.length || ended.files === null)
        throw new Error(`the scan came to ${JSON.stringify(ended)}`);
    },
    close: async () => {
      await scans.stop();
      journal.close();
      const gone = once(agents, 'exit');
      agents.disconnect();
      await gone;
    },
  };
}

function script(port: number): string {
  const objects = objectsOf('1.3.6.1.4.1.6889.1.69.6');
  const { type = '', extension = [], firmware = '', serial = '', mac = '' } = objects ?? {};
  const get = 'snmpget -v2c -cpublic';
  const oids = [type, ...extension, firmware, serial, mac].join(' ');
  return `set -e; for a in ${addresses.slice(0, sample).join(' ')}; do ${get} $a:${port} ${systemObject}; ${get} $a:${port} ${oids}; done > /dev/null`;
}
