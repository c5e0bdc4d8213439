import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

const records = '/var/lib/branchline/data/CDRdata';

// A branch killed in a burst: call-records.test.ts.
follow('docs/how-to/call-records.md', [], async (page) => {
  const { hub, branch } = await joinedMachines();
  // The switch and the gateway are at this machine: what it sends to their addresses comes from them.
  await branch.must('for n in 10 20; do ip address add 10.1.0.$n/32 dev lo; done');
  await page.settle(branch, 'RunLink=1');
  await page.settle(branch, 'RunWeb=1');
  await branch.must('systemctl restart branchline');

  await branch.must(
    "printf '0915 0042 7 4711\\r\\n0916 0007 9 4712\\r\\n' > /dev/tcp/10.1.0.10/9000",
  );
  await page.run(branch, 'cdr.fcgi', { hostname: '10.1.0.20' });
  const stranger = await branch.run('curl -sf http://127.0.0.1:8080/ap/cdr.fcgi?event=strange');
  expect(stranger.status).not.toBe(0);

  const relayed = await page.settle(branch, 'CDRBackup=1');
  await hub.settle(relayed);
  // What is open is published by the next start.
  for (const server of [hub, branch]) await server.must('systemctl restart branchline');
  await branch.until(`test $(ls ${records} | wc -l) = 2`);
  await page.run(branch, 'sync cdr');
  await hub.until(`test $(ls ${records} | wc -l) = 2`);
  await branch.must('branchline sync cdr');
  expect(await hub.must(`cat ${records}/* | sort`)).toBe(
    '0915 0042 7 4711\r\n0916 0007 9 4712\r\nevent=try\r\n',
  );
});
