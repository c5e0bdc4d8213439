import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

follow('docs/how-to/modes.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  const before = await page.run(server, 'branchline status');
  for (const protocol of ['FTP', 'TFTP', 'HTTP', 'HTTPS']) {
    expect(before).toMatch(new RegExp(`^${protocol} `, 'm'));
  }
  await page.settle(server, 'RunTrivialFTP=0');
  await page.settle(server, 'RunHTTPS=0');
  await server.must('branchline hub init --name hub.example.com');
  await page.run(server, 'config check');
  const after = await server.must('branchline status');
  expect(after).toContain(', hub,');
  expect(after).not.toMatch(/^(?:FTP|TFTP|HTTPS?) /m);
});
