import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Client } from 'basic-ftp';
import { describe, expect, it } from 'vitest';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { loadPlan } from '../../apps/server/compose.ts';
import { ledgerRows } from '../faults/ledger-rows.ts';
import { canCutPower, PowerCutDisk } from '../support/power-cut.ts';
import { ServerProcess } from '../support/server-process.ts';
import { join, mustRun, sha256 } from '../support/site.ts';
import { webFetch } from '../support/web-fetch.ts';

const record = 'S000123-0001-261126-10_00';

/** A whole server on a disk whose power can be cut. */
async function siteOnDisk(
  name: string,
  hub: boolean,
): Promise<{ disk: PowerCutDisk; site: DemoSite }> {
  const disk = await PowerCutDisk.create(256);
  return { disk, site: await demoSite(disk.folder, name, hub) };
}

/** The power goes, the machine with it, and comes back. */
async function cutPower(disk: PowerCutDisk, server: ServerProcess): Promise<void> {
  await disk.cut();
  await server.kill();
  await disk.restore();
}

describe.skipIf(!canCutPower())('a power cut (losetup, mkfs.ext4, perl)', () => {
  it('right after a telephone was told that its backup is safe takes neither it nor the one before', async () => {
    const { disk, site } = await siteOnDisk('lisbon', false);
    const ftpPort = await freeTcpPort();
    await changeSettings(site.config, {
      ...{ 'FTP/RunFTP': '1', 'FTP/FTPPort': String(ftpPort), 'SNMP/UseSNMP': '0' },
      'UPLOADS/HTTPBackupProof': 'none',
    });
    const data = path.join(site.folder, 'data');
    const saves: readonly [string, (bytes: Buffer) => Promise<unknown>][] = [
      [
        'HTTPbackup/2001_96xxdata.txt',
        async (body) => {
          const origin = `http://127.0.0.1:${site.httpPort}`;
          const { status } = await webFetch(origin, '/2001_96xxdata.txt', { method: 'PUT', body });
          expect([201, 204]).toContain(status);
        },
      ],
      [
        'FTPdata/2001_4620data.txt',
        async (bytes) => {
          const client = new Client(5_000);
          await client.access({ host: '127.0.0.1', port: ftpPort });
          const { code } = await client.uploadFrom(Readable.from([bytes]), '2001_4620data.txt');
          expect(code).toBe(226);
          client.close();
        },
      ],
    ];
    for (const [file, save] of saves) {
      const [before, after] = [randomBytes(5_000), randomBytes(300_000)];
      for (const bytes of [before, after]) {
        const server = await ServerProcess.start(site.config);
        await save(bytes);
        await cutPower(disk, server);
        expect(bytes.equals(await readFile(path.join(data, file)))).toBe(true);
      }
      const history = path.join(data, path.dirname(file), '.branchline', 'history');
      const versions = await readdir(path.join(history, `${path.basename(file)}.versions`));
      expect(versions.some((version) => version.endsWith('.5000'))).toBe(true);
    }
  });

  it.each(['received', 'delivered'])(
    'at the moment at which a hub has %s a record takes neither the file nor its row',
    async (moment) => {
      const { disk, site: hub } = await siteOnDisk('hub', true);
      const branch = await demoSite(path.dirname(disk.folder), 'lisbon', false);
      await mustRun('hub', 'init', '--config', hub.config);
      await changeSettings(hub.config, { 'BACKUP_SERVERS/CDRBackup': '1' });
      const running = await ServerProcess.start(hub.config);
      await join(hub, branch);
      await changeSettings(branch.config, { 'BACKUP_SERVERS/CDRBackup': '1' });
      const collected = path.join(branch.folder, 'data', 'CDRdata');
      await mkdir(collected, { recursive: true });
      const bytes = randomBytes(400_000);
      await writeFile(path.join(collected, 'open.tmp'), bytes);
      const at = Date.now() / 1_000 - 60;
      await utimes(path.join(collected, 'open.tmp'), at, at);
      await rename(path.join(collected, 'open.tmp'), path.join(collected, record));
      await ServerProcess.start(branch.config);
      const sending = mustRun('sync', 'cdr', '--config', branch.config).catch(() => undefined);
      await running.logged(({ msg }) => msg === moment);
      await cutPower(disk, running);
      await sending;

      const plan = await loadPlan(hub.config);
      const [row] = ledgerRows({ plan });
      expect(row).toMatchObject({ name: record, branch: 'lisbon', sha256: sha256(bytes) });
      const { received, inbox } = plan.folders.records.cdr;
      expect(bytes.equals(await readFile(path.join(received, 'lisbon', record)))).toBe(true);
      if (moment === 'delivered') expect(row?.delivered).toBe(true);
      // And once the hub is up again, the collector has it once.
      const again = await ServerProcess.start(hub.config);
      if (row?.delivered === false) await again.logged(({ msg }) => msg === 'delivered');
      const there = (await readdir(inbox)).filter((name) => name !== '.branchline');
      expect(there).toEqual([record]);
      expect(bytes.equals(await readFile(path.join(inbox, record)))).toBe(true);
      await again.kill();
    },
  );
});
