import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

// Who a telephone is, by SNMP: phone-identity.test.ts; following the user to another branch: integration/restore.test.ts.
follow('docs/how-to/backups.md', [], async (page) => {
  const { hub, branch } = await joinedMachines();
  await page.settle(branch, 'UseSNMP=1');
  expect(await page.run(branch, 'ABKNAME001=Ana')).toContain('2001_96xxdata.txt');
  const other = "curl -sk -o /dev/null -w '%{http_code}' --user 10.0.0.1:9999";
  const url = 'https://127.0.0.1:411/2001_96xxdata.txt';
  expect(await branch.must(`${other} ${url}`)).toBe('401');
  await page.run(branch, 'forget-password 2001');
  await page.run(branch, 'ABKNAME001=Bea');
  expect(await branch.must('branchline backups list')).toMatch(/2001_96xxdata\.txt .* 1$/m);

  await page.settle(branch, 'RequestBackup=1');
  await page.run(branch, 'sync backup');
  expect(await page.run(hub, '--branch lisbon')).toContain('2001_96xxdata.txt');
});
