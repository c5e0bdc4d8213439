import { fullBranch } from '../support/phones/full-branch.ts';
import type { BenchResult } from './support/bench-result.ts';
import { percentile, withTempFolder } from './support/measure.ts';

export const name = 'branch-full';

const phones = 500;
const firmwareBytes = 1024 * 1024;
const releaseBytes = 67_000_000;

/** Power comes back: every telephone of a large branch starts in the same instant, while a release arrives from the hub. */
export async function run(): Promise<BenchResult> {
  return await withTempFolder(async (folder) => {
    const report = await fullBranch({ folder, phones, firmwareBytes, releaseBytes });
    const { load, loopMs, syncedAfterMs, lastedMs } = report;
    for (const failure of load.failures.slice(0, 10)) process.stderr.write(`${failure}\n`);
    const first = (protocol?: string): number =>
      percentile(
        load.asked
          .filter((asked) => protocol === undefined || asked.protocol === protocol)
          .map(({ firstByteMs }) => firstByteMs),
        0.99,
      );
    const bytes = load.asked.reduce((sum, asked) => sum + asked.bytes, 0);
    return {
      title: `A branch full of phones: ${phones} start at once, each kind in turn, while a release of 67 MB arrives`,
      command: 'none: the phones run in one process, the hub in another, all on the same cores',
      figures: [
        {
          label: 'phones that were done',
          value: load.done,
          unit: 'phones',
          limit: { kind: 'at least', value: phones },
        },
        {
          label: 'first byte, 99th percentile, connection and handshake included',
          value: first(),
          unit: 'ms',
          limit: { kind: 'at most', value: 250 },
        },
        { label: 'the same by TFTP', value: first('tftp'), unit: 'ms' },
        { label: 'the same by HTTP', value: first('http'), unit: 'ms' },
        { label: 'the same by HTTPS', value: first('https'), unit: 'ms' },
        {
          label: 'longest block of the event loop',
          value: loopMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
        { label: 'longest block of the load itself', value: load.loopMs, unit: 'ms' },
        { label: 'processor time of the load', value: load.cpuSeconds, unit: 's' },
        { label: 'until the last phone was done', value: lastedMs / 1000, unit: 's' },
        { label: 'until the release lay in the trees', value: syncedAfterMs / 1000, unit: 's' },
        { label: 'requests', value: load.asked.length, unit: '' },
        { label: 'sent to phones', value: bytes / 1024 / 1024, unit: 'MiB' },
        { label: 'phones that loaded firmware', value: load.reboots, unit: '' },
      ],
    };
  });
}
