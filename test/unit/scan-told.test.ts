import { Check } from 'typebox/value';
import { expect, it, onTestFinished } from 'vitest';
import { Journal, ScansTable, type BranchRecord } from '#libs/journal';
import { CheckIn } from '#libs/link';

import { parseRanges } from '#libs/phones';
import { branchView, BranchViews } from '../../apps/server/branch-view.ts';
import { fleetView } from '../../apps/server/fleet-view.ts';
import { fleetBranchSchema } from '../../libs/pages/fleet-schema.ts';
import { scanTold } from '../../apps/server/scan-told.ts';
import { phoneOf } from '../support/phone-agent.ts';
import { scannedPhones, scanRig } from '../support/scan-rig.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

const checkIn = (scan: ReturnType<typeof scanTold>): object => ({
  ...{ protocol: 1, version: '0.1.0', state: 'in-sync', problems: [], sentAt: now },
  ...(scan !== undefined && { scan }),
});

const branchThatSaid = (report: object): BranchRecord => ({
  ...{ name: 'lisbon', joinedAt: 1, revokedAt: undefined, lastSeen: now },
  lastReport: JSON.stringify(report),
  reportedAt: now,
  certificateNotAfter: now,
  wholeRelease: undefined,
});

it('tells a hub of the newest scan that came to its end, which the hub then shows', async () => {
  const { port } = await scannedPhones(
    { objects: phoneOf('J100 and 96x1 SIP', '2001', { type: 'J179D02A', firmware: '4.0.9.0.1' }) },
    { objects: phoneOf('J100 and 96x1 SIP', '2002', { type: 'J179D02A', firmware: '4.1.3.0.6' }) },
  );
  const { scans, table } = await scanRig(port);
  scans.begin(parseRanges('127.31.0.1-127.31.0.3'), 'schedule');
  const ended = await scans.settled();
  // One that was cancelled says nothing of the whole.
  scans.cancel(scans.begin(parseRanges('127.31.0.3'), 'schedule').id);
  await scans.settled();
  const told = scanTold(table);
  const report = checkIn(told);
  expect(Check(CheckIn, report)).toBe(true);
  const { scan } = branchView(branchThatSaid(report), 7, now);
  expect(scan).toEqual({
    at: ended?.endedAt,
    ...{ asked: 3, phones: 2, current: 1, behind: 1, ahead: 0, unknown: 0, failed: 0, silent: 1 },
    versions: [
      expect.objectContaining({ phones: 1, family: 'J100 and 96x1 SIP' }),
      expect.objectContaining({ phones: 1 }),
    ],
  });
  const [member] = fleetView([branchThatSaid(report)], {
    ...{ release: 7, releases: [], invitations: [], now, progress: () => undefined },
    views: new BranchViews(),
  });
  expect(Check(fleetBranchSchema, member)).toBe(true);
  expect(member?.scan).toEqual(scan);
});

it('says nothing before the first', () => {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  expect(scanTold(new ScansTable(journal))).toBeUndefined();
  expect(branchView(branchThatSaid(checkIn(undefined)), 7, now)).not.toHaveProperty('scan');
});

it('fits into a check-in whatever was found', () => {
  const versions = Array.from({ length: 64 }, (_, index) => ({
    ...{ family: 'f'.repeat(64), firmware: 'x'.repeat(126) + String(index), phones: index },
    standing: 'behind' as const,
  }));
  const zero = { addresses: 0, asked: 0, phones: 0, others: 0, silent: 0, current: 0, behind: 0 };
  const summary = { ...zero, ahead: 0, unknown: 0, failedLoads: 0, failedScripts: 0, versions };
  const told = scanTold({
    lastDone: () => ({
      ...{ id: 'a', startedAt: 1, endedAt: 2, state: 'done', askedBy: 'api', ranges: '' },
      ...{ addresses: 0, files: undefined, code: undefined, message: undefined },
      summary: JSON.stringify(summary),
    }),
  });
  expect(Check(CheckIn, checkIn(told))).toBe(true);
  expect(JSON.stringify(told).length).toBeLessThan(16 * 1024);
});
