import type { BenchResult } from './support/bench-result.ts';
import { withTempFolder } from './support/measure.ts';
import { archive, promisesOf, pullOnce, withPair } from './support/pull-pair.ts';

export const name = 'pull-large';

/** Memory must not grow with the archive. */
export async function run(): Promise<BenchResult> {
  return await withTempFolder((folder) =>
    withPair(folder, async (pair) => {
      const { file } = await archive(folder, 'large.zip', 1_500_000_000, 'large');
      const pull = await pullOnce(pair, file);
      return {
        title: 'Pull of a 1.5 GB archive of 40 files',
        command: 'none: what counts is the memory',
        figures: [{ label: 'branchline', value: pull.ms, unit: 'ms' }, ...promisesOf([pull])],
      };
    }),
  );
}
