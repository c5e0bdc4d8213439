import { expect, it } from 'vitest';
import { soak } from '../faults/soak.ts';

it('loses nothing and delivers nothing twice through twenty kills, cut lines, a full disk and clocks that jump', async () => {
  const { faults, kills, ...report } = await soak({ seed: 7, kills: 20 });
  // Replay: npm run soak -- --seed 7 --kills 20; `folder` holds the logs and all data of a run with faults.
  expect({ faults, folder: report.folder }).toEqual({ faults: [], folder: report.folder });
  expect(kills).toBeGreaterThanOrEqual(15);
  expect(report.records).toBeGreaterThan(50);
  expect(report.backups).toBeGreaterThan(20);
});
