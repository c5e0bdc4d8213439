import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

// What places do: tftp-places.test.ts; ranges of ports: tftp-ports.test.ts.
follow('docs/how-to/tftp.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await page.settle(server, 'MaxClients=100');
  expect(await page.run(server, 'config check')).toMatch(/^TFTP .* 69$/m);
  await page.settle(server, 'TFTPDataPorts');
  await server.must('systemctl restart branchline');
  await page.run(server, 'tftp://127.0.0.1');
});
