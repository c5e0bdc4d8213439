import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BenchResult, Figure } from './support/bench-result.ts';
import {
  ftpLoad,
  startOurs,
  startPureFtpd,
  startVsftpd,
  type FtpLoad,
  type FtpPeer,
} from './support/ftp-peers.ts';
import { median, withTempFolder } from './support/measure.ts';

export const name = 'ftp';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const rounds = 3;

interface Case extends Omit<FtpLoad, 'total'> {
  readonly title: string;
  readonly unit: 'files/s' | 'MiB/s';
  /** Downloads: of ours, and of the slower peers. */
  readonly totals: { readonly ours: number; readonly vsftpd: number; readonly pureFtpd: number };
  /** How many times as fast as the peer, at least. */
  readonly promises: { readonly vsftpd: number; readonly pureFtpd?: number };
}

const small = { file: 'small.bin', size: kibibyte };

const cases: readonly Case[] = [
  {
    title: 'FTP: log in, fetch 1 KiB, quit; 50 at a time',
    ...{ ...small, sessions: 50, each: true, unit: 'files/s' },
    totals: { ours: 6_000, vsftpd: 600, pureFtpd: 1_200 },
    promises: { vsftpd: 10, pureFtpd: 5 },
  },
  {
    title: 'FTP: fetch 1 KiB in 50 sessions that are kept',
    ...{ ...small, sessions: 50, unit: 'files/s' },
    totals: { ours: 20_000, vsftpd: 10_000, pureFtpd: 20_000 },
    promises: { vsftpd: 2 },
  },
  {
    title: 'FTP: 64 MiB in one session',
    ...{ file: 'large.bin', size: 64 * mebibyte, sessions: 1, unit: 'MiB/s' },
    totals: { ours: 30, vsftpd: 30, pureFtpd: 30 },
    promises: { vsftpd: 0.7 },
  },
  {
    title: 'FTP: 5 MiB, 50 at once',
    ...{ file: 'medium.bin', size: 5 * mebibyte, sessions: 50, unit: 'MiB/s' },
    totals: { ours: 500, vsftpd: 200, pureFtpd: 500 },
    promises: { vsftpd: 3 },
  },
];

export function run(): Promise<BenchResult[]> {
  return withTempFolder(async (state) => {
    const folder = path.join(state, 'files');
    await mkdir(folder);
    // The peers read as somebody else.
    await chmod(state, 0o755);
    for (const { file, size } of cases) {
      await writeFile(path.join(folder, file), randomBytes(size), { mode: 0o644 });
    }
    const peers = {
      ours: await startOurs(folder, state),
      vsftpd: await startVsftpd(folder, state),
      pureFtpd: await startPureFtpd(folder, state),
    };
    try {
      const results: BenchResult[] = [];
      for (const each of cases) results.push(await measure(each, peers));
      results.push(await steady(peers.ours));
      return results;
    } finally {
      for (const peer of Object.values(peers)) await peer.stop();
    }
  });
}

type Peers = Readonly<Record<'ours' | 'vsftpd' | 'pureFtpd', FtpPeer>>;

async function measure({ title, unit, totals, promises, ...load }: Case, peers: Peers) {
  const names = ['ours', 'vsftpd', 'pureFtpd'] as const;
  const rates = { ours: [] as number[], vsftpd: [] as number[], pureFtpd: [] as number[] };
  let busy = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const each of names) {
      const report = await ftpLoad(peers[each].port, { ...load, total: totals[each] });
      rates[each].push(unit === 'files/s' ? report.perS : report.mibPerS);
      if (each === 'ours') busy = Math.max(busy, report.busy);
    }
  }
  const ours = median(rates.ours);
  const times = (peer: 'vsftpd' | 'pureFtpd'): Figure => {
    const least = promises[peer];
    const label = `branchline, as a multiple of ${peers[peer].title}`;
    const limit = least === undefined ? {} : { limit: { kind: 'at least' as const, value: least } };
    return { label, value: ours / median(rates[peer]), unit: '×', ...limit };
  };
  return {
    title,
    command: 'test/bench/load/ftp-load.c; the server on one processor, the clients on the other',
    figures: [
      ...names.map((each) => ({ label: peers[each].title, value: median(rates[each]), unit })),
      { label: 'processor of the clients in use, with ours', value: busy, unit: '' },
      times('vsftpd'),
      times('pureFtpd'),
    ],
  };
}

/** A listener for each transfer would be at a tenth of its speed by then. */
async function steady({ port }: FtpPeer): Promise<BenchResult> {
  const tenth = 10_000;
  const rates: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    rates.push((await ftpLoad(port, { ...small, sessions: 50, total: tenth })).perS);
  }
  const [first = NaN] = rates;
  return {
    title: 'FTP: 100,000 passive transfers on one server',
    command: 'test/bench/load/ftp-load.c, ten times 10,000 files of 1 KiB',
    figures: [
      { label: 'the first 10,000', value: first, unit: 'files/s' },
      { label: 'the slowest 10,000', value: Math.min(...rates), unit: 'files/s' },
      {
        label: 'the last, as a share of the first',
        value: (rates.at(-1) ?? NaN) / first,
        unit: '',
        limit: { kind: 'at least', value: 0.8 },
      },
    ],
  };
}
