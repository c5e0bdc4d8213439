import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

follow('docs/how-to/relay-records.md', [], async (page) => {
  const { hub, branch } = await joinedMachines();
  await page.settle(hub, 'CDRInboxDir');
  await page.run(hub, 'systemctl restart');
  await page.settle(branch, 'UpdateInterval=1');
  await page.run(branch, 'systemctl restart');
  await page.run(branch, 'sync cdr');
  await hub.until('find /var/lib/branchline/collector -type f | grep record-1');
  expect(await page.run(hub, 'relay status')).toContain('record-1');
  expect(await hub.must('cat $(find /var/lib/branchline/collector -type f)')).toBe(
    '0101 00123 9 5551234\n',
  );
});
