import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

follow('docs/how-to/join.md', [], async (page) => {
  const [first, second] = await machinesOnSwitch(2);
  if (first === undefined || second === undefined) throw new Error('no machines');
  const names = [`${first.address} hub.example.com`];
  const hub = await InstalledMachine.make(first, names);
  const branch = await InstalledMachine.make(second, names);
  for (const server of [hub, branch]) await server.must('systemctl start branchline');

  await page.run(hub, 'hub init');
  const invited = await page.run(hub, 'hub invite lisbon');
  const joined = await page.run(branch, 'branchline join', { STRING: invited.trim() });
  expect(joined).not.toBe('');
  const settings = await branch.read('/etc/branchline/MV_IPTel.ini');
  page.says('| `UsePrimarySvr` | 1 ');
  for (const line of ['UsePrimarySvr=1', 'RequestUpdates=1', 'PrimaryIP=hub.example.com:4411']) {
    expect(settings).toContain(line);
  }
  expect(await page.run(hub, 'hub branches')).toMatch(/lisbon.*in.sync/);

  await page.settle(branch, 'UseProxy=1');
  expect(await page.run(branch, 'proxy-password')).toContain('good');
});
