import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

const tree = '/var/lib/branchline/data/HTTPdata';

follow('docs/how-to/try-new-firmware.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  await server.must(`echo 'SET PILOT yes' >46xxsettings.txt; cp 46xxsettings.txt ${tree}/`);
  await page.run(server, 'updates publish fxd_settings.txt');
  for (const name of ['fxd_settings.txt', 'fxd_upgrade.scr']) {
    await server.until(`test -e ${tree}/${name}`);
  }
  await page.run(server, 'HTTP_allow_IP.txt');
  await server.until('curl -sf http://127.0.0.1:81/46xxsettings.txt | grep -q 10.20.0.10');
  const [inside = '', outside = ''] = (await page.run(server, 'explain')).split(/^(?=telephone)/m);
  expect(inside).toContain('PILOT');
  expect(outside).not.toContain('PILOT');
  expect(outside).toMatch(/^MCIPADD +10\.20\.0\.10 /m);
  await page.run(server, 'sudo rm');
  await server.until('curl -sf http://127.0.0.1:81/46xxsettings.txt | cmp - 46xxsettings.txt');
});
