import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

const config = '/etc/branchline/MV_IPTel.ini';

// The manager's pages: manager-settings.test.ts; the manager on an empty machine: newcomer.test.ts.
follow('docs/how-to/settings.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  const first = await server.read(config);

  await server.settle('[HTTP]\nHTTPPort=8181\n[FTP]\nSUPassword=secret-of-mine\n');
  const shown = await page.run(server, 'config check');
  expect(shown).toMatch(/# line \d+\nHTTPPort=8181/);
  expect(shown).not.toContain('secret-of-mine');
  await server.must('curl -sf http://localhost:8181/test.html');
  await server.must('mv /var/log/branchline/branchline.log /root/');
  await page.run(server, 'systemctl reload');
  await server.until('test -s /var/log/branchline/branchline.log');

  await server.settle('[HTTP]\nHTTPPort=8282\n');
  const looked = await page.run(server, 'config history');
  expect(looked).toContain('+HTTPPort=8282');
  expect(looked).not.toContain('secret-of-mine');
  await page.run(server, 'config undo');
  expect(await server.read(config)).toBe(first);
  await server.must('curl -sf http://localhost:81/test.html');
  // Whoever has asked, the history stays the server's.
  expect(await server.must('find /var/lib/branchline ! -user branchline')).toBe('');

  expect(await page.run(server, '/api/v1/logs')).toContain('"msg"');
});
