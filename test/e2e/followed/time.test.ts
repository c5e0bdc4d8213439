import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

// A clock that is off: unit/branch-view.test.ts, e2e/faults.test.ts.
follow('docs/how-to/time.md', [], async (page) => {
  const { hub } = await joinedMachines();
  expect(await page.run(hub, 'hub branches')).toContain('lisbon');
});
