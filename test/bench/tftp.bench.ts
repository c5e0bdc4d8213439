import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchResult, Figure } from './support/bench-result.ts';
import { median, withTempFolder } from './support/measure.ts';
import { tftpLoad, type LoadReport, type TftpLoad } from './support/tftp-load.ts';
import { startOurs, startTftpPeer, type PeerName, type TftpPeer } from './support/tftp-peers.ts';

export const name = 'tftp';

/** Servers on the first processor, telephones on the second. */
const [serverCpu, phonesCpu] = [0, 1];
const rounds = 3;

type Who = 'plain' | 'batched' | PeerName;
type Phones = Omit<TftpLoad, 'host' | 'port' | 'expect'>;

/** What all runs of one server came to. */
interface Tally {
  readonly title: string;
  readonly reports: readonly LoadReport[];
  /** Of the file's bytes per second of processor time, in MiB: what one core can carry. */
  readonly mibPerCpuS: number;
  readonly transfersPerCpuS: number;
  readonly mibPerS: number;
  readonly p99: number;
  readonly failed: number;
}

interface Field {
  readonly folder: string;
  readonly servers: ReadonlyMap<Who, TftpPeer>;
}

/** Each alone by `npm run bench -- tftp NAME`. */
const cases: Readonly<Record<string, (field: Field) => Promise<BenchResult>>> = {
  'lock-step': lockStep,
  windows,
  'small-files': smallFiles,
  storm,
  'large-buffers': stormWithLargeBuffers,
  loss,
  'windowed-loss': windowedLoss,
  doubled,
};
export const caseNames: readonly string[] = Object.keys(cases);

export function run(wanted: readonly string[] = caseNames): Promise<BenchResult[]> {
  return withTempFolder(async (root) => {
    const folder = path.join(root, 'tree');
    await mkdir(folder);
    await writeFile(path.join(folder, 'ready'), 'ready');
    await writeFile(path.join(folder, 'firmware.bin'), randomBytes(2 * 1024 * 1024));
    await writeFile(path.join(folder, '46xxsettings.txt'), randomBytes(1024));
    const servers = new Map<Who, TftpPeer>();
    try {
      for (const who of ['plain', 'batched'] as const)
        servers.set(who, await startOurs(folder, { cpu: serverCpu, batching: who === 'batched' }));
      for (const who of ['tftpd-hpa', 'atftpd', 'dnsmasq-base'] as const)
        servers.set(who, await startTftpPeer(who, folder, { cpu: serverCpu }));
      const field = { folder, servers };
      const results: BenchResult[] = [];
      for (const [each, measure] of Object.entries(cases)) {
        if (wanted.includes(each)) results.push(await measure(field));
      }
      return results;
    } finally {
      for (const server of servers.values()) await server.stop();
    }
  });
}

const firmware = { file: 'firmware.bin', blksize: 1428 } as const;
const settings = { file: '46xxsettings.txt', blksize: 1428 } as const;

async function lockStep(field: Field): Promise<BenchResult> {
  const everybody = ['plain', 'batched', 'tftpd-hpa', 'atftpd', 'dnsmasq-base'] as const;
  const of = await inTurn(field, everybody, { ...firmware, sessions: 100 });
  return {
    title: '100 downloads of 2 MiB at once, blksize 1428, lock-step, per core',
    command: commands,
    figures: [
      ...everybody.flatMap((who) => rates(of(who))),
      atLeast('plain / tftpd-hpa', 1.5, of('plain').mibPerCpuS / of('tftpd-hpa').mibPerCpuS),
      atLeast('plain / atftpd', 1.15, of('plain').mibPerCpuS / of('atftpd').mibPerCpuS),
      atLeast('batched / dnsmasq', 1.2, of('batched').mibPerCpuS / of('dnsmasq-base').mibPerCpuS),
    ],
  };
}

async function windows(field: Field): Promise<BenchResult> {
  const some = ['plain', 'batched', 'atftpd'] as const;
  const of = await inTurn(field, some, { ...firmware, windowsize: 16, sessions: 100, total: 200 });
  return {
    title: '100 downloads of 2 MiB at once, blksize 1428, windowsize 16, per core',
    command: commands,
    figures: [
      ...some.flatMap((who) => rates(of(who))),
      atLeast('plain / atftpd', 1.2, of('plain').mibPerCpuS / of('atftpd').mibPerCpuS),
      atLeast('batched / atftpd', 4, of('batched').mibPerCpuS / of('atftpd').mibPerCpuS),
    ],
  };
}

async function smallFiles(field: Field): Promise<BenchResult> {
  const some = ['plain', 'batched', 'dnsmasq-base'] as const;
  const of = await inTurn(field, some, { ...settings, sessions: 100, total: 20_000 });
  return {
    title: '20,000 downloads of 1 KiB, 100 at a time, per core',
    command: commands,
    figures: [
      ...some.map((who) => ({
        label: of(who).title,
        value: of(who).transfersPerCpuS,
        unit: 'files per second of processor time',
      })),
      atLeast(
        'batched / dnsmasq',
        0.9,
        of('batched').transfersPerCpuS / of('dnsmasq-base').transfersPerCpuS,
      ),
    ],
  };
}

const boot = { ...settings, sessions: 2_000 } as const;

async function storm(field: Field): Promise<BenchResult> {
  const some = ['plain', 'batched', 'dnsmasq-base'] as const;
  const of = await inTurn(field, some, boot);
  return {
    title: '2,000 telephones ask for 1 KiB in the same instant, servers as installed',
    command: commands,
    figures: [
      ...some.flatMap((who) => stormFigures(of(who), who === 'batched')),
      atLeast('p99 dnsmasq / batched', 20, of('dnsmasq-base').p99 / of('batched').p99),
    ],
  };
}

async function stormWithLargeBuffers(field: Field): Promise<BenchResult> {
  const large = { cpu: serverCpu, largeBuffers: true };
  await field.servers.get('dnsmasq-base')?.stop();
  const dnsmasq = await startTftpPeer('dnsmasq-base', field.folder, large);
  try {
    const servers = new Map(field.servers).set('dnsmasq-base', dnsmasq);
    const some = ['batched', 'dnsmasq-base'] as const;
    const of = await inTurn({ ...field, servers }, some, boot, 5);
    return {
      title: 'The same with receive buffers of 4 MiB for everyone: the buffer was the reason',
      command: `LD_PRELOAD of test/bench/load/large-buffers.c, ${commands}`,
      figures: [
        ...some.flatMap((who) => stormFigures(of(who), who === 'batched')),
        atMost('p99 batched / dnsmasq', 1, of('batched').p99 / of('dnsmasq-base').p99),
      ],
    };
  } finally {
    await dnsmasq.stop();
  }
}

async function loss(field: Field): Promise<BenchResult> {
  const some = ['plain', 'batched', 'tftpd-hpa'] as const;
  const of = await inTurn(field, some, { ...firmware, sessions: 10, dropData: 500 });
  return {
    title: '10 downloads of 2 MiB, lock-step, each 500th packet lost',
    command: commands,
    figures: [
      ...some.flatMap((who) => lossFigures(of(who), who !== 'tftpd-hpa')),
      atLeast('batched / tftpd-hpa', 4, of('batched').mibPerS / of('tftpd-hpa').mibPerS),
      atLeast('plain / tftpd-hpa', 4, of('plain').mibPerS / of('tftpd-hpa').mibPerS),
    ],
  };
}

async function windowedLoss(field: Field): Promise<BenchResult> {
  const phones = { ...firmware, sessions: 10, windowsize: 16, dropData: 100 };
  const of = await inTurn(field, ['plain', 'batched'] as const, phones);
  const peer = await inTurn(field, ['atftpd'] as const, phones, 1);
  return {
    title: '10 downloads of 2 MiB, windowsize 16, each 100th packet lost (atftpd once)',
    command: commands,
    figures: [
      ...(['plain', 'batched'] as const).flatMap((who) => lossFigures(of(who), true)),
      ...lossFigures(peer('atftpd'), false),
      atLeast('batched / atftpd', 20, of('batched').mibPerS / peer('atftpd').mibPerS),
    ],
  };
}

async function doubled(field: Field): Promise<BenchResult> {
  const some = ['plain', 'batched'] as const;
  const lock = await inTurn(field, some, { ...firmware, sessions: 4, doubleAcks: 10 }, 1);
  const phones = { ...firmware, sessions: 4, doubleAcks: 10, windowsize: 16 };
  const windowed = await inTurn(field, some, phones, 1);
  const stale = ({ reports }: Tally): number => reports.reduce((sum, each) => sum + each.stale, 0);
  const useful = ({ reports }: Tally): number => reports[0]?.useful ?? 0;
  return {
    title: 'Each 10th acknowledgement sent twice: packets that were sent again',
    command: 'none',
    figures: some.flatMap((who) => [
      {
        ...{ label: `${who}, lock-step`, value: stale(lock(who)), unit: 'packets' },
        limit: { kind: 'at most' as const, value: 0 },
      },
      {
        ...{ label: `${who}, windowsize 16`, value: stale(windowed(who)), unit: 'packets' },
        limit: { kind: 'at most' as const, value: useful(windowed(who)) / 4 },
      },
    ]),
  };
}

/** Each server in turn, `times` over, so that a noisy minute hits all; a short run before warms each up. */
async function inTurn<W extends Who>(
  { folder, servers }: Field,
  whos: readonly W[],
  phones: Phones,
  times = rounds,
): Promise<(who: W) => Tally> {
  const runs = new Map<W, { report: LoadReport; cpu: number }[]>();
  for (let round = 0; round < times; round += 1) {
    for (const who of whos) {
      const server = servers.get(who);
      if (server === undefined) throw new Error(`${who} does not run`);
      const { host, port } = server;
      const expect = path.join(folder, phones.file);
      const load = { host, port, expect, ...phones };
      if (round === 0) {
        const few = { sessions: Math.min(10, phones.sessions), total: 10 };
        await tftpLoad({ host, port, expect, file: phones.file, blksize: 1428, ...few }, phonesCpu);
      }
      const before = await server.cpuSeconds();
      const report = await tftpLoad(load, phonesCpu);
      const cpu = (await server.cpuSeconds()) - before;
      runs.set(who, [...(runs.get(who) ?? []), { report, cpu }]);
    }
  }
  return (who) => tallyOf(servers.get(who)?.title ?? who, runs.get(who) ?? []);
}

function tallyOf(title: string, runs: readonly { report: LoadReport; cpu: number }[]): Tally {
  const middle = (of: (run: { report: LoadReport; cpu: number }) => number): number =>
    median(runs.map(of));
  return {
    title,
    reports: runs.map(({ report }) => report),
    mibPerCpuS: middle(({ report, cpu }) => (report.mibPerS * report.seconds) / cpu),
    transfersPerCpuS: middle(({ report, cpu }) => report.done / cpu),
    mibPerS: middle(({ report }) => report.mibPerS),
    p99: middle(({ report }) => report.p99),
    failed: runs.reduce((sum, { report }) => sum + report.failed, 0),
  };
}

const rates = ({ title, mibPerCpuS, mibPerS, reports }: Tally): Figure[] => [
  { label: title, value: mibPerCpuS, unit: 'MiB per second of processor time' },
  { label: `${title}, by the clock`, value: mibPerS, unit: 'MiB/s' },
  {
    label: `${title}, phones' processor in use`,
    value: 100 * median(reports.map(({ busy }) => busy)),
    unit: '%',
  },
];

const stormFigures = ({ title, p99, failed }: Tally, ours: boolean): Figure[] => [
  { label: `${title}, 99th percentile to the whole file`, value: p99, unit: 'ms' },
  failures(title, failed, ours),
];

const lossFigures = ({ title, mibPerS, failed }: Tally, ours: boolean): Figure[] => [
  { label: title, value: mibPerS, unit: 'MiB/s' },
  failures(title, failed, ours),
];

const failures = (title: string, failed: number, ours: boolean): Figure => ({
  label: `${title}, failed`,
  value: failed,
  unit: 'phones',
  ...(ours ? { limit: { kind: 'at most', value: 0 } } : {}),
});

const atLeast = (label: string, value: number, ratio: number): Figure => ({
  ...{ label: `ratio: ${label}`, value: ratio, unit: '×' },
  limit: { kind: 'at least', value },
});

const atMost = (label: string, value: number, ratio: number): Figure => ({
  ...{ label: `ratio: ${label}`, value: ratio, unit: '×' },
  limit: { kind: 'at most', value },
});

const commands = 'in.tftpd -L; atftpd --daemon --no-fork; dnsmasq --enable-tftp --tftp-max=5000';
