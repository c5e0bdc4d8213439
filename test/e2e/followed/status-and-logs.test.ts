import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

follow('docs/how-to/status-and-logs.md', [], async (page) => {
  const server = await InstalledMachine.make();
  expect(await page.run(server, 'systemctl restart')).toContain('active');
  for (const port of [6090, 6091, 6099]) {
    await server.until(`curl -sf -o /dev/null http://127.0.0.1:${port}/`);
  }
  expect(await page.run(server, 'branchline status')).toContain('HTTPS');
  await page.run(server, 'healthz');
  expect(await server.must('cat metrics.txt')).toContain('branchline_build_info');
  await page.run(server, 'journalctl');
  await page.settle(server, 'DetailedLog=1');
  expect(await page.run(server, 'branchline.log')).toContain('"msg"');
  await page.run(server, 'branchline audit');
});
