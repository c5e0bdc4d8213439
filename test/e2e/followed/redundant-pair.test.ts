import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

// Downloads and uploads that are cut, cables, splits: redundant-pair.test.ts in e2e-alone.
follow('docs/how-to/redundant-pair.md', ['keepalived'], async (page) => {
  const machines = await machinesOnSwitch(3);
  const [one, two] = await Promise.all(
    machines.slice(0, 2).map((machine) => InstalledMachine.make(machine)),
  );
  const phone = machines[2];
  if (one === undefined || two === undefined || phone === undefined) throw new Error('none');
  await phone.run('ip', 'address', 'add', '10.1.0.9/24', 'dev', 'eth0');
  for (const [server, address] of [
    [one, '10.1.0.3'],
    [two, '10.1.0.4'],
  ] as const) {
    await server.must(
      `ip address add ${address}/24 dev eth0; mkdir -p /etc/keepalived; systemctl start branchline`,
    );
  }

  const first = await page.run(one, 'hub invite lisbon-b');
  const second = await page.run(two, '--peer-hub lisbon-a --mirror', { STRING: lastLine(first) });
  await page.run(one, '--peer-hub lisbon-b --mirror', { STRING: lastLine(second) });
  const tree = '/var/lib/branchline/data/HTTPdata';
  await one.must(`echo 'SET A 1' > ${tree}/46xxsettings.txt`);
  await two.must(`echo logo > ${tree}/logo.jpg`);
  await two.until(`grep -q 'SET A 1' ${tree}/46xxsettings.txt`);
  await one.until(`grep -q logo ${tree}/logo.jpg`);
  expect(await page.run(one, 'branchline status')).toMatch(/^pair:? /m);

  page.leave('apt-get install', 'npm test has installed it');
  await page.run(one, '--own 10.1.0.3');
  await page.run(two, '--own 10.1.0.4');
  await page.runAtEach([one, two], 'enable --now keepalived');
  const served = async (): Promise<number> =>
    (await phone.run('curl', '-sf', '-m', '2', 'http://10.1.0.5:81/test.html')).status;
  await expect.poll(served).toBe(0);

  const holds = async (server: InstalledMachine): Promise<boolean> =>
    (await server.must('ip -o address show dev eth0')).includes('10.1.0.5/');
  const active = (await holds(one)) ? one : two;
  const other = active === one ? two : one;
  await active.must('kill -KILL $(cat /run/stand-in/branchline)');
  await expect.poll(() => holds(other)).toBe(true);
  await expect.poll(served).toBe(0);
  // It comes back, and nothing moves a second time.
  await active.must('systemctl start branchline');
  expect(await holds(active)).toBe(false);
});

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
