import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

const publish = (name: string): string =>
  `echo ${name} > /root/${name} && branchline updates publish /root/${name}`;

follow('docs/how-to/state.md', [], async (page) => {
  const { hub, branch } = await joinedMachines();
  await hub.must(publish('one.txt'));
  await branch.until(
    'branchline sync updates && test -f /var/lib/branchline/data/HTTPdata/one.txt',
  );

  await page.run(hub, 'state backup');
  expect(await hub.must('stat -c %a /safe/*.gz')).toBe('600\n');
  await hub.must(publish('two.txt'));
  await branch.until(
    'branchline sync updates && test -f /var/lib/branchline/data/HTTPdata/two.txt',
  );

  // The machine is lost but for what other tools have kept: the updates.
  await hub.must(`systemctl stop branchline
    cp -a /var/lib/branchline/data/Updates /safe/
    rm -rf /var/lib/branchline/* /etc/branchline/MV_IPTel.ini
    install -d -o branchline -g branchline /var/lib/branchline/data
    cp -a /safe/Updates /var/lib/branchline/data/`);
  await page.run(hub, 'state restore');
  await page.run(hub, 'hub recover');
  await page.run(hub, 'systemctl start');
  await hub.must(publish('three.txt'));
  await branch.until(
    'branchline sync updates && test -f /var/lib/branchline/data/HTTPdata/three.txt',
  );
});
