import { badInput } from '../support/bad-input.ts';
import type { BenchResult } from './support/bench-result.ts';
import { withTempFolder } from './support/measure.ts';

export const name = 'garbage';

const seconds = 60;

/** A full minute of what `test/e2e/bad-input.test.ts` does for three seconds. */
export async function run(): Promise<BenchResult> {
  return await withTempFolder(async (folder) => {
    const report = await badInput(folder, seconds * 1000);
    const blocks = report.lines.filter(({ msg }) => msg === 'event loop blocked');
    const none = { unit: '', limit: { kind: 'at most', value: 0 } } as const;
    return {
      title: `Nonsense on every port for ${seconds} s, over ${report.held} idle connections`,
      command: 'none: phones and nonsense come from the measuring process, on the same cores',
      figures: [
        { label: 'connections and datagrams of nonsense', value: report.sent, unit: '' },
        { label: 'telephones that started meanwhile', value: report.starts, unit: '' },
        { label: 'telephones that were failed', value: report.failures.length, ...none },
        { label: 'log lines with a planted secret', value: report.leaks.length, ...none },
        {
          label: 'refusals in the log without a reason',
          value: report.unexplained.length,
          ...none,
        },
        { label: 'memory before', value: report.before, unit: 'MiB' },
        {
          label: 'memory after all had hung up',
          value: report.after,
          unit: 'MiB',
          limit: { kind: 'at most', value: Math.round(report.before + 100) },
        },
        { label: 'seconds with a block above 50 ms', value: blocks.length, unit: '' },
      ],
    };
  });
}
