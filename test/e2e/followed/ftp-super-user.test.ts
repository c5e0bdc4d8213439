import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

follow('docs/how-to/ftp-super-user.md', ['openssl'], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  await page.settle(server, 'EnableSU=1');
  await page.run(server, 'set-password');
  const listed = await page.run(server, 'ftp://127.0.0.1/data/');
  expect(listed).toContain('FTPdata');
  expect(listed).toContain('HTTP_allow_IP.txt');
  expect(await server.read('/var/lib/branchline/data/HTTPdata/HTTP_allow_IP.txt')).toBe(
    '10.20.4.17\n',
  );
  await page.run(server, '--ssl-reqd');
  await page.settle(server, 'PassivePorts');
  await server.must('branchline config check /etc/branchline/MV_IPTel.ini');
  expect(await page.run(server, 'branchline audit')).toContain('HTTP_allow_IP.txt');
});
