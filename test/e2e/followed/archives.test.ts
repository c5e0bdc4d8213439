import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

// What is packed, when and sent how: ftp-archive.test.ts and customer-ftp.test.ts.
follow('docs/how-to/archives.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await page.settle(server, 'CustomFTP=1');
  expect(await page.run(server, 'custom-ftp-password')).toContain('good');
  expect(await server.must('branchline status --json')).toContain('ftp.example.com');
});
