import { expect, it } from 'vitest';
import type { ScanRecord } from '#libs/journal';
import { scanSummarySchema } from '#libs/scan';
import { Create } from 'typebox/value';
import { scanFact } from '../../apps/server/scan-fact.ts';

const scan = (change: Partial<ScanRecord>, behind = 0, failedLoads = 0): ScanRecord => ({
  ...{ id: 'x', startedAt: 0, endedAt: 1_000, state: 'done', askedBy: 'schedule', ranges: 'a' },
  ...{ addresses: 10, files: undefined, code: undefined, message: undefined },
  summary: JSON.stringify({ ...Create(scanSummarySchema), behind, failedLoads }),
  ...change,
});
const factOf = (...scans: ScanRecord[]) => scanFact({ recent: () => scans });

it('compares the last whole scan with the one before it of the same addresses', () => {
  expect(
    factOf(
      scan({ state: 'running' }, 99, 99),
      scan({ endedAt: 2_000 }, 3, 1),
      scan({ ranges: 'b' }, 50, 50),
      scan({ state: 'cancelled' }, 40, 40),
      scan({}, 2, 1),
      scan({}, 7, 7),
    ),
  ).toEqual({
    at: '1970-01-01T00:00:02.000Z',
    now: { behind: 3, failed: 1 },
    before: { behind: 2, failed: 1 },
  });
});

it('has nothing to say of one scan alone', () => {
  expect(factOf()).toBeNull();
  expect(factOf(scan({}), scan({ ranges: 'b' }))).toBeNull();
});
