import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

// The same in the browser: newcomer.test.ts.
follow('docs/how-to/fleet.md', [], async (page) => {
  const [one, two] = await machinesOnSwitch(2);
  const hub = await InstalledMachine.make(one);
  const branch = await InstalledMachine.make(two);

  const printed = await page.run(hub, 'hub init', { HOST: one?.address ?? '' });
  const line = printed.trim().split('\n').at(-1) ?? '';
  await page.run(branch, 'branchline join', { STRING: line });
  await hub.until('branchline hub branches | grep "lisbon.*in.sync"');
  expect(await page.run(hub, 'hub branches')).toContain('lisbon');

  // Before it is locked out: what programs ask stands further down on the page.
  page.leave('hub revoke', 'comes last here');
  const answers = await page.run(hub, 'api/v1/branches');
  expect(answers).toContain('"total":1');
  expect(answers).toContain('"name":"lisbon"');
  await hub.must('branchline hub revoke lisbon');
  const refused = await branch.run('branchline sync');
  expect([12, refused.stderr]).toEqual([refused.status, refused.stderr]);
});
