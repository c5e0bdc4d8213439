import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BranchlineError } from '#libs/errors';
import { openFolderOf, RecordLane, type LaneOptions } from '#libs/records';
import { tempFolder } from './temp-folder.ts';

export interface LaneRig {
  readonly folder: string;
  readonly lane: RecordLane;
  /** Finished files, oldest first, with their bytes. */
  files(): Promise<{ readonly name: string; readonly bytes: Buffer }[]>;
  readonly closed: { readonly name: string; readonly tail: number }[];
  readonly troubles: (BranchlineError | undefined)[];
  readonly tooLong: string[];
}

/** A lane into a folder of this test. */
export async function laneRig(options: Partial<LaneOptions> = {}): Promise<LaneRig> {
  const folder = options.folder ?? (await tempFolder('branchline-records-'));
  await mkdir(openFolderOf(folder), { recursive: true });
  const closed: { name: string; tail: number }[] = [];
  const troubles: (BranchlineError | undefined)[] = [];
  const tooLong: string[] = [];
  const lane = new RecordLane({
    ...{ kind: 'cdr', from: '192.0.2.1', pattern: '<kind>_<from>_<id>.txt' },
    ...{ cut: { bytes: 1000, ms: 60_000 }, clock: { now: () => Date.now() }, stream: true },
    onStored: () => undefined,
    onClosed: (file) => closed.push(file),
    onTrouble: (error) => troubles.push(error),
    onTooLong: (name) => tooLong.push(name),
    ...options,
    folder,
  });
  return {
    ...{ folder, lane, closed, troubles, tooLong },
    files: () =>
      Promise.all(
        closed.map(async ({ name }) => ({ name, bytes: await readFile(path.join(folder, name)) })),
      ),
  };
}

/** Names that those see who read the folder. */
export const visibleNames = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name !== '.branchline').toSorted();

/** Names of files that are still written to. */
export const openNames = (folder: string): Promise<string[]> => readdir(openFolderOf(folder));
