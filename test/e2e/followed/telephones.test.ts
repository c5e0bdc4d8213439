import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

follow('docs/how-to/telephones.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  await page.run(server, 'examples/46xxsettings.txt');
  await page.run(server, 'updates publish');
  for (const tree of ['TFTP', 'HTTP', 'HTTPS']) {
    await server.until(`test -e /var/lib/branchline/data/${tree}data/46xxsettings.txt`);
  }
  const explained = await page.run(server, 'explain');
  expect(explained).toMatch(/^PHNEMERGNUM +112 /m);
  expect(explained).toMatch(/^BRURI +http:\/\/10\.20\.0\.5\/ /m);
  expect(await page.run(server, 'branchline phones')).toContain('127.0.0.1');
});
