import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { inspectArchive, unpackArchive } from '#libs/archive';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { runClient } from '../support/real-client.ts';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { LoopDelay } from './support/loop-delay.ts';
import { inTurn, timeCommand, timed, withTempFolder } from './support/measure.ts';

const totalBytes = 300_000_000;

export const name = 'unpack';

/** Both end with the bytes on the disk: ours by fsync, unzip by a `sync` of the file system that is timed with it. */
export function run(): Promise<BenchResult> {
  return withTempFolder(async (folder) => {
    const zip = path.join(folder, 'release.zip');
    await buildFirmwareZip({ target: zip, totalBytes });
    await runClient('sync', [], { timeoutMs: 300_000 });
    const out = path.join(folder, 'out');
    const fresh = async (): Promise<void> => {
      await rm(out, { recursive: true, force: true });
      await mkdir(path.join(out, 'firmware'), { recursive: true });
    };
    const loop = new LoopDelay();
    const { ours, peer } = await inTurn(
      5,
      async () => {
        await fresh();
        return loop.watch(() => timed(() => unpack(zip, out)));
      },
      async () => {
        await fresh();
        const unzip = await timeCommand('unzip', ['-q', '-o', zip, '-d', out]);
        return unzip + (await timeCommand('sync', ['-f', out]));
      },
    );
    return {
      title: 'Unpacking a release: 300 MB in 40 files, to the disk',
      command: 'unzip -q release.zip && sync -f .',
      figures: [
        { label: 'branchline, checked, hashed and synced', value: ours, unit: 'ms' },
        { label: 'unzip and sync', value: peer, unit: 'ms' },
        {
          label: 'longest wait of the event loop',
          value: loop.maxMs,
          unit: 'ms',
          limit: { kind: 'at most', value: 50 },
        },
      ],
      ratio: ratioOf('branchline / unzip', ours, peer, 0.5),
    };
  });
}

async function unpack(zip: string, out: string): Promise<void> {
  const archive = await inspectArchive(zip);
  const steps = archive.entries
    .map((entry, index) => ({ entry: index, member: entry }))
    .filter(({ member }) => !member.isFolder)
    .map(({ entry, member }) => ({ entry, destinations: [path.join(out, member.name)] }));
  await unpackArchive(archive, steps);
}
