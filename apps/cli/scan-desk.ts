import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import { makeFolder } from '#libs/files';
import { Journal } from '#libs/journal';
import { SingleInstance, systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import type { ScannedList, ScannedQuestion, ScanReportFormat } from '#libs/pages';
import { rangesOf, type ScanView } from '#libs/scan';
import { phoneDelivery } from '../server/phone-delivery.ts';
import { ScanClient } from '../server/scan-client.ts';
import { scanControl } from '../server/scan-control.ts';
import { openScans } from '../server/scan-part.ts';
import { ServerClient } from '../server/server-client.ts';
import type { ServerPlan } from '../server/server-plan.ts';

/** Where the command has its scans done: by the running server, or by itself. */
export interface ScanDesk {
  begin(what: string, max: number | undefined): Promise<ScanView>;
  /** Follow it to its end; `onChange` is told how far it is. */
  follow(scan: ScanView, onChange: (scan: ScanView) => void): Promise<ScanView>;
  cancel(id: string): Promise<void>;
  recent(limit: number): Promise<readonly ScanView[]>;
  phones(id: string, question: ScannedQuestion): Promise<ScannedList>;
  report(id: string, format: ScanReportFormat): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

const lookMs = 100;

/** The running server's; where none answers, this process asks the telephones itself. */
export async function openScanDesk(plan: ServerPlan): Promise<ScanDesk> {
  try {
    const client = new ScanClient(await ServerClient.open(plan));
    await client.recent(1);
    return client;
  } catch (error) {
    if (asBranchlineError(error).code !== 'NOT_RUNNING') throw error;
    return await ownDesk(plan);
  }
}

/** Undefined when another command scans with this state. */
async function onlyScan(state: string): Promise<SingleInstance | undefined> {
  const lock = new SingleInstance(state, 'scan');
  try {
    await lock.start();
    return lock;
  } catch (error) {
    if (asBranchlineError(error).code !== 'ALREADY_RUNNING') throw error;
    return undefined;
  }
}

async function ownDesk(plan: ServerPlan): Promise<ScanDesk> {
  await makeFolder(plan.folders.state, 0o750);
  const journal = new Journal(path.join(plan.folders.state, 'branchline.db'));
  try {
    const log = silentLogger();
    const delivery = phoneDelivery(plan, { log, clock: systemClock });
    const part = openScans(plan, delivery, { journal, log, clock: systemClock });
    const control = scanControl(plan, part);
    const lock = await onlyScan(plan.folders.state);
    // Nobody else scans: what still stands there as running has died.
    if (lock !== undefined) await part.scans.start();
    return {
      begin: async (what, max) => {
        if (lock === undefined) {
          throw new BranchlineError(
            'ALREADY_RUNNING',
            'another command scans here: wait for its end, or end it',
          );
        }
        return part.scans.begin(await rangesOf(plan.scan.folder, what), 'command', max);
      },
      follow: async (scan, onChange) => {
        const ended = part.scans.settled();
        for (;;) {
          const end = await Promise.race([ended, sleep(lookMs)]);
          const now = control.find(scan.id) ?? scan;
          onChange(now);
          if (end !== undefined || now.state !== 'running') return end ?? now;
        }
      },
      cancel: async (id) => {
        control.cancel(id);
        await part.scans.settled();
      },
      recent: (limit) => Promise.resolve(control.recent(limit)),
      phones: (id, question) => Promise.resolve(control.phones(id, question)),
      report: (id, format) => control.report(id, format) ?? Readable.from([]),
      close: async () => {
        await part.scans.stop();
        await lock?.stop();
        journal.close();
      },
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}
