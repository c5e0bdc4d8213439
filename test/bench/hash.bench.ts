import path from 'node:path';
import { hashFile } from '#libs/files';
import { buildFirmwareSet } from '../../apps/demo/firmware-set.ts';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { LoopDelay } from './support/loop-delay.ts';
import { inTurn, timeCommand, timed, withTempFolder } from './support/measure.ts';

const totalBytes = 300_000_000;

export const name = 'hash';

export function run(): Promise<BenchResult> {
  return withTempFolder(async (folder) => {
    const files = await buildFirmwareSet({ folder, totalBytes });
    const paths = files.map((file) => path.join(folder, file.name));
    const loop = new LoopDelay();
    const { ours, peer } = await inTurn(
      5,
      () =>
        loop.watch(() =>
          timed(async () => {
            for (const file of paths) await hashFile(file);
          }),
        ),
      () => timeCommand('sha256sum', paths),
    );
    return {
      title: 'SHA-256 of a release: 300 MB in 40 files',
      command: 'sha256sum FILE…',
      figures: [
        { label: 'branchline', value: ours, unit: 'ms' },
        { label: 'sha256sum', value: peer, unit: 'ms' },
        {
          label: 'longest wait of the event loop',
          value: loop.maxMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
      ratio: ratioOf('branchline / sha256sum', ours, peer, 0.35),
    };
  });
}
