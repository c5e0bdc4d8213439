import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const unit = 'packaging/systemd/branchline.service';
const manager = 'packaging/systemd/branchline-manager.service';
const watchdog = 'packaging/systemd/branchline-watchdog.service';

/** The unit with programs and user that exist on this machine: verify looks for both. */
async function unitForThisMachine(name = unit): Promise<{ file: string; text: string }> {
  const folder = await tempFolder();
  const text = (await readFile(name, 'utf8'))
    .replaceAll('/usr/lib/branchline/bin/branchline', process.execPath)
    .replace(/^(User|Group)=branchline$/gm, '$1=root');
  expect(text).toContain('User=root');
  const file = path.join(folder, path.basename(name));
  await writeFile(file, text);
  return { file, text };
}

it.skipIf(!hasClient('systemd-analyze')).each([unit, manager, watchdog])(
  'systemd accepts %s as it is written (systemd-analyze)',
  async (name) => {
    const { file } = await unitForThisMachine(name);
    const { status, stderr } = await runClient('systemd-analyze', ['verify', '--man=no', file]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  },
);

it.skipIf(!hasClient('systemd-analyze'))(
  'systemd names what is wrong with a unit, so that the test above can fail (systemd-analyze)',
  async () => {
    const { file, text } = await unitForThisMachine();
    await writeFile(file, text.replace('ProtectSystem=strict', 'ProtectSystem=perhaps'));
    const { stderr } = await runClient('systemd-analyze', ['verify', '--man=no', file]);
    expect(stderr).toContain('perhaps');
  },
);

it.skipIf(!hasClient('systemd-analyze')).each([unit, manager, watchdog])(
  'the sandbox of %s leaves an exposure of at most 2.5 of 10 (systemd-analyze)',
  async (name) => {
    const { file } = await unitForThisMachine(name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('User=root', 'User=branchline'));
    const security = ['security', '--offline=yes', '--threshold=25', '--no-pager', file];
    const { status, stdout } = await runClient('systemd-analyze', security);
    expect(stdout.toString()).toMatch(/Overall exposure level .*: [\d.]+/);
    expect(status).toBe(0);
  },
);

it('lets the server do what it needs', async () => {
  const text = await readFile(unit, 'utf8');
  const values = (key: string): string[] =>
    [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, value = '']) =>
      value.split(' '),
    );
  // V8 makes code at run time.
  expect(values('MemoryDenyWriteExecute')).toEqual([]);
  // Without it, binding a port to 0.0.0.0 fails: os.networkInterfaces() is asked.
  expect(values('RestrictAddressFamilies')).toContain('AF_NETLINK');
  expect(values('AmbientCapabilities')).toEqual(['CAP_NET_BIND_SERVICE']);
  expect(values('User')).toEqual(['branchline']);
  expect(values('NotifyAccess')).toEqual(['all']);
  expect(values('RestartPreventExitStatus')).toContain('10');
  // systemd asks only how the main process has ended: with this one it would start again for ever.
  expect(values('ExecStartPre')).toEqual([]);
});

it('gives telephones room for their datagrams', async () => {
  const text = await readFile('packaging/sysctl.d/60-branchline.conf', 'utf8');
  expect(/^net\.core\.rmem_max = (\d+)$/m.exec(text)?.[1]).toBe(String(4 * 1024 * 1024));
});

it('keeps the unit’s folders and the settings in step', async () => {
  const ini = await readFile('packaging/MV_IPTel.ini', 'utf8');
  const text = await readFile(unit, 'utf8');
  expect(text).toMatch(/^StateDirectory=branchline$/m);
  expect(ini).toMatch(/^DataDir=\/var\/lib\/branchline\//m);
  expect(text).toMatch(/^LogsDirectory=branchline$/m);
  expect(ini).toMatch(/^LogFile=\/var\/log\/branchline\//m);
});
