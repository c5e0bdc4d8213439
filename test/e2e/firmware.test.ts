import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { expect, it } from 'vitest';
import type { Status } from '#libs/pages';
import { updatesOf } from '../../apps/demo/demo-site.ts';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, leftovers, sha256, statusWhen, visibleIn } from '../support/site.ts';

const published = (name: string) => (status: Status) =>
  status.sync?.files.some((file) => file.name === name && file.state === 'published') ?? false;

it.skipIf(!hasClient('curl'))(
  'carries a firmware zip from Updates at the hub to telephones that ask by TFTP, HTTP and HTTPS (curl)',
  async () => {
    const { hub, branch } = await joinedSites();
    await ServerProcess.start(branch.config);
    const files = await buildFirmwareZip({
      target: path.join(updatesOf(hub), '.building.tmp'),
      totalBytes: 3_000_000,
      files: 40,
    });
    await rename(
      path.join(updatesOf(hub), '.building.tmp'),
      path.join(updatesOf(hub), 'firmware.zip'),
    );
    // Nobody asks for it: the hub wakes the branch.
    await statusWhen(branch, published('firmware.zip'));

    const expected = Object.fromEntries(files.map(({ name, sha256: digest }) => [name, digest]));
    expect(await visibleIn(branch, 'HTTPdata')).toEqual(expected);
    expect(await visibleIn(branch, 'HTTPSdata')).toEqual(expected);
    const tftp = await visibleIn(branch, 'TFTPdata');
    expect(Object.keys(tftp)).toContain('46xxupgrade.scr');
    for (const [name, digest] of Object.entries(tftp)) expect(digest).toBe(expected[name]);
    expect(await leftovers(branch, 'HTTPdata')).toEqual([]);

    for (const [url, name] of [
      [`tftp://127.0.0.1:${branch.tftpPort}/46xxsettings.txt`, '46xxsettings.txt'],
      [`http://127.0.0.1:${branch.httpPort}/96x1Supgrade.txt`, '96x1Supgrade.txt'],
      [`https://127.0.0.1:${branch.httpsPort}/J100Supgrade.txt`, 'J100Supgrade.txt'],
    ] as const) {
      const { stdout } = await runClient('curl', ['-sSfk', url], { timeoutMs: 10_000 });
      expect(sha256(stdout), url).toBe(expected[name]);
    }
    const atHub = await statusWhen(
      hub,
      ({ hub: state }) => state?.branches[0]?.state === 'in-sync',
    );
    expect(atHub.hub?.branches).toMatchObject([
      { name: 'lisbon', state: 'in-sync', lastError: null },
    ]);
  },
);

it('says "in sync" with exit 0, and refuses a bad archive with exit 3 at the branch and at the hub', async () => {
  const { hub, branch } = await joinedSites();
  await ServerProcess.start(branch.config);
  await drop(hub, '46xxsettings.txt', 'SET A 1');
  await statusWhen(branch, published('46xxsettings.txt'));
  expect(await command('sync', 'updates', '--config', branch.config)).toMatchObject({ status: 0 });

  const zip = new AdmZip();
  zip.addFile('x.bin', randomBytes(5_000));
  zip.addFile('X.BIN', randomBytes(5_000));
  await drop(hub, 'clash.zip', zip.toBuffer());
  const refused = await statusWhen(
    branch,
    ({ sync }) => sync?.files.some(({ state }) => state === 'refused') ?? false,
  );
  expect(refused.sync?.files.find(({ name }) => name === 'clash.zip')).toMatchObject({
    code: 'ARCHIVE_NAME_CLASH',
  });
  const atHub = await statusWhen(hub, ({ hub: state }) => state?.branches[0]?.state === 'error');
  expect(atHub.hub?.branches[0]?.lastError).toMatchObject({ code: 'ARCHIVE_NAME_CLASH' });
  expect(Object.keys(await visibleIn(branch, 'HTTPdata'))).toEqual(['46xxsettings.txt']);
  const again = await command('sync', 'updates', '--config', branch.config);
  expect(again).toMatchObject({ status: 3 });
  expect(again.stdout).toContain('clash.zip');

  const good = new AdmZip();
  good.addFile('x.bin', Buffer.from('good'));
  await drop(hub, 'good.zip', good.toBuffer());
  await statusWhen(branch, published('good.zip'));
  expect(await visibleIn(branch, 'HTTPdata')).toMatchObject({ 'x.bin': sha256('good') });
});

it('tells with its exit code what is wrong: no server, wrong settings, no join', async () => {
  const { branch, hubProcess } = await joinedSites();
  expect(await command('sync', '--config', branch.config)).toMatchObject({ status: 11 });
  expect(await command('status', '--config', '/nowhere/MV_IPTel.ini')).toMatchObject({
    status: 10,
  });
  expect(await command('join', 'branchline-join-1.cut', '--config', branch.config)).toMatchObject({
    status: 2,
  });
  expect(await command('sync', 'nonsense')).toMatchObject({ status: 2 });

  await ServerProcess.start(branch.config);
  expect(await command('serve', '--config', branch.config)).toMatchObject({ status: 13 });
  await hubProcess.kill();
  expect(await command('sync', '--config', branch.config)).toMatchObject({ status: 11 });
});
