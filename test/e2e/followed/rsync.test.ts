import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

const save = (text: string): string =>
  `printf '%s' '${text}' | curl -sfk --user 10.0.0.1:4321 -T - https://127.0.0.1:411/2001_96xxdata.txt`;
const fetchIt = 'curl -sfk --user 10.0.0.1:4321 https://127.0.0.1:411/2001_96xxdata.txt';

follow('docs/how-to/rsync.md', ['rsync'], async (page) => {
  const [one, two] = await machinesOnSwitch(2);
  if (one === undefined || two === undefined) throw new Error('no machines');
  const [first, second] = await Promise.all([
    InstalledMachine.make(one),
    InstalledMachine.make(two),
  ]);
  // The package cron brings that folder.
  for (const server of [first, second]) {
    await server.must('systemctl start branchline; mkdir -p /etc/cron.hourly');
  }
  await first.must(save('ABKNAME001=Ana'));
  await first.must('echo SET A 1 >/var/lib/branchline/data/HTTPdata/46xxsettings.txt');

  const here = { '10.0.0.1': one.address, '10.0.0.2': two.address };
  await page.run(first, 'rsyncd.conf', here);
  await page.run(second, 'branchline-mirror', { '10.0.0.1': one.address });
  expect(await second.must('curl -sf http://127.0.0.1:81/46xxsettings.txt')).toBe('SET A 1\n');
  expect(await second.must(fetchIt)).toBe('ABKNAME001=Ana');
  // Its own notes are not the other one's.
  const own =
    'ls -A /var/lib/branchline/data/HTTPbackup/.branchline /var/lib/branchline/data/FTPdata/.branchline';
  expect((await second.must(own)).length).toBeGreaterThan(0);

  // What was saved here later is not written over by what is older there.
  await second.must(save('ABKNAME001=Bea'));
  await second.must('/etc/cron.hourly/branchline-mirror');
  expect(await second.must(fetchIt)).toBe('ABKNAME001=Bea');
});
