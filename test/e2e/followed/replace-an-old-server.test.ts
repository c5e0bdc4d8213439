import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

const files = {
  'data/HTTPdata/46xxsettings.txt': 'SET A 1\n',
  'data/HTTPdata/HTTP_allow_IP.txt': '10.1.0.0-10.1.9.9\n',
  'data/TFTPdata/firmware/a.bin': 'firmware',
  'data/FTPdata/4610data.txt': 'a backup',
};

// Moving the address and the branches is the network's and the hub's: redundant-pair.md, fleet.md.
follow('docs/how-to/replace-an-old-server.md', [], async (page) => {
  const server = await InstalledMachine.make();
  const old = server.file('/mnt/old/MV_IPTel');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(old, name)), { recursive: true });
    await writeFile(path.join(old, name), text);
  }
  await mkdir(path.join(old, 'bin'));
  await cp('test/fixtures/guide-linux.ini', path.join(old, 'bin/MV_IPTel.ini'));

  await page.run(server, 'config check');
  await page.run(server, 'config import');
  await page.run(server, 'set-password', {}, 'a long enough pass phrase\n');
  const explained = await page.run(server, 'explain');
  expect(explained).toContain('46xxsettings.txt');
  for (const [name, text] of Object.entries(files)) {
    expect(await server.read(path.join('/var/lib/branchline', name))).toBe(text);
  }
  expect(
    await server.must('find /var/lib/branchline /etc/branchline/MV_IPTel.ini ! -user branchline'),
  ).toBe('');
});
