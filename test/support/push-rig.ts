import { createHash } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Journal, OutgoingTable, RunsTable, type UploadKind } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type { HubClient } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { CircuitBreaker, OutgoingFiles, PushFiles, SyncRuns, type Job, type Run } from '#libs/sync';
import { tempFolder } from './temp-folder.ts';

/** A branch that has files to send up: real folder, real journal, the link that it is given. */
export interface PushRig {
  readonly folder: string;
  readonly table: OutgoingTable;
  /** Write a file that has stood still for a while. */
  put(name: string, bytes: Buffer | string): Promise<void>;
  run(): Promise<Run>;
}

export interface PushRigOptions {
  readonly kind?: UploadKind;
  /** Primary first. */
  readonly clients: readonly HubClient[];
}

/** Files are as old as this many milliseconds when they are put there: they count at once. */
const restedMs = 60_000;

export async function pushRig({ kind = 'backup', clients }: PushRigOptions): Promise<PushRig> {
  const folder = await tempFolder('branchline-push-');
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const table = new OutgoingTable(journal);
  const files = new OutgoingFiles({
    kind,
    sources: [{ prefix: '', folder }],
    table,
    clock: systemClock,
  });
  const push = new PushFiles({
    upstreams: clients.map((client, n) => ({
      peer: n === 0 ? 'primary' : 'secondary',
      address: client.address,
      breaker: new CircuitBreaker(systemClock),
      uploads: client.uploads,
    })),
    files,
    table,
    clock: systemClock,
    log: silentLogger(),
    eitherIsEnough: kind !== 'backup',
  });
  const job: Job = (report, signal, how) => push.run(report, signal, how);
  const runs = new SyncRuns({
    jobs: { [kind]: job },
    table: new RunsTable(journal),
    clock: systemClock,
    log: silentLogger(),
  });
  let puts = 0;
  return {
    folder,
    table,
    put: async (name, bytes) => {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
      puts += 1;
      const at = (Date.now() - restedMs + puts) / 1000;
      await utimes(file, at, at);
    },
    run: async () => {
      const { id } = runs.start(kind, { byHand: true });
      await runs.settled();
      const run = runs.run(id);
      if (run === undefined) throw new Error('the run is forgotten already');
      return run;
    },
  };
}

export const sha256Of = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('hex');
