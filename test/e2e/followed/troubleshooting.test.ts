import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

follow('docs/how-to/troubleshooting.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  await server.must('echo SET A 1 >/var/lib/branchline/data/HTTPdata/46xxsettings.txt');
  expect(await page.run(server, 'is-active')).toContain('active');
  expect(await page.run(server, 'config check')).toContain('good');
  expect(await page.run(server, 'ps -ef')).toContain('no former server');
  const looked = await page.run(server, 'config show --sources');
  expect(looked).toContain('DataDir=/var/lib/branchline/data');
  expect(looked).toMatch(/^A +1 /m);
  await page.run(server, 'sudo -u branchline');
  expect(await page.run(server, 'watchdog check')).toContain('TFTP');
  await page.run(server, '/test.html');
});
