import { expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';
import { joinedSites } from '../support/site.ts';

it('ends cleanly within five seconds of SIGTERM', async () => {
  const { branch, hubProcess } = await joinedSites();
  const branchProcess = await ServerProcess.start(branch.config);
  const start = performance.now();
  expect(await branchProcess.stop()).toBe(0);
  expect(await hubProcess.stop()).toBe(0);
  expect(performance.now() - start).toBeLessThan(5_000);
});
