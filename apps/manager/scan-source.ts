import { opendir } from 'node:fs/promises';
import { systemCode } from '#libs/errors';
import { ScansTable } from '#libs/journal';
import type { ScanDesk } from '#libs/manager';
import { isReportName, rangesOf, ScanTargets, type ScanView } from '#libs/scan';
import { ScanClient } from '../server/scan-client.ts';
import { scansRead, type ScansRead } from '../server/scan-control.ts';
import type { ServerClient } from '../server/server-client.ts';
import { openJournal, withJournal } from '../server/with-journal.ts';
import type { LivePlan } from './live-plan.ts';
import { whileRunning } from './while-running.ts';

/** Files of ranges that are offered. */
const maxFiles = 20;
/** Names that are looked at for them. */
const maxNames = 5_000;

/** What was found is read where it is written down, so that it can be seen while the server is down; that scans. */
export function scanSource(live: LivePlan, server: () => Promise<ServerClient>): ScanDesk {
  const client = async (): Promise<ScanClient> => new ScanClient(await server());
  const written = async <T>(ask: (scans: ScansRead) => T): Promise<T> => {
    const { plan } = await live.now();
    return await withJournal(plan, (journal) => ask(scansRead(plan, new ScansTable(journal))));
  };
  return {
    recent: async (limit) => {
      const told = await whileRunning<readonly ScanView[]>(async () =>
        (await client()).recent(limit),
      );
      const scans = told ?? (await written((known) => known.recent(limit)));
      return { scans, running: told !== undefined };
    },
    find: async (id) =>
      (await whileRunning(async () => (await client()).find(id))) ??
      (await written((known) => known.find(id))),
    phones: async (id, question) => await written((known) => known.phones(id, question)),
    report: async function* (id, format) {
      const { plan } = await live.now();
      const journal = openJournal(plan);
      try {
        yield* scansRead(plan, new ScansTable(journal)).report(id, format) ?? [];
      } finally {
        journal.close();
      }
    },
    choices: async () => {
      const { folder, maxCount } = (await live.now()).plan.scan;
      return { folder, maxCount, files: await rangeFiles(folder) };
    },
    check: async (what, max = Infinity) => {
      const { folder, maxCount } = (await live.now()).plan.scan;
      new ScanTargets(await rangesOf(folder, what), Math.min(max, maxCount));
    },
    begin: async (what, max) => await (await client()).begin(what, max),
    cancel: async (id) => {
      await (await client()).cancel(id);
    },
  };
}

/** What may be a file of ranges: a text that no scan has written. */
async function rangeFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    let looked = 0;
    for await (const entry of await opendir(folder)) {
      looked += 1;
      if (looked > maxNames || names.length >= maxFiles) break;
      const { name } = entry;
      if (entry.isFile() && /^[\w][\w .-]*$/.test(name) && !isReportName(name)) names.push(name);
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return names.toSorted();
}
