import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Journal } from '#libs/journal';
import { silentLogger } from '#libs/observe';
import { ArchiveDelivery, ArchiveState, CustomerFtp, type CustomerFtpServer } from '#libs/sync';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { archiveRig } from '../support/archive-rig.ts';
import {
  pureFtpd,
  startCustomerServer,
  startPureServer,
  vsftpd,
} from '../support/customer-servers.ts';
import { phoneCertificate } from '../support/phone-certificate.ts';
import { Relay } from '../support/relay.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { plant } from '../support/temp-tree.ts';

const withoutVsftpd = vsftpd === undefined;
const withoutPureFtpd = pureFtpd === undefined;
const name = 'Thu_FTParchive.zip';
const never = new AbortController().signal;

const ftpTo = (port: number, change: Partial<CustomerFtpServer> = {}, tries = 1): CustomerFtp =>
  new CustomerFtp({
    server: {
      ...{ host: '127.0.0.1', port, user: 'ftp', password: 'secret', folder: 'inbox' },
      ...{ tls: 'none', verify: true },
      ...change,
    },
    backoff: { tries, firstMs: 10, maxMs: 10 },
    ...{ silenceMs: 30_000, tryMs: 40_000, log: silentLogger() },
  });

async function send(ftp: CustomerFtp, bytes: Uint8Array): Promise<void> {
  const file = path.join(await tempFolder(), name);
  await writeFile(file, bytes);
  await ftp.send({ path: file, name, size: bytes.length }, never);
}

const former = Buffer.from('the archive of last week');

/** What a refused or broken send must leave. */
async function expectFormer(inbox: string): Promise<void> {
  expect(await readFile(path.join(inbox, name))).toEqual(former);
}

it.skipIf(withoutVsftpd)(
  'sends the archive that was made once, again when it is another (vsftpd)',
  async () => {
    const { port, inbox } = await startCustomerServer();
    const rig = await archiveRig();
    const journal = new Journal(':memory:');
    onTestFinished(() => {
      journal.close();
    });
    const refusals: string[] = [];
    const deliveryTo = (ftp: CustomerFtp): ArchiveDelivery =>
      new ArchiveDelivery({
        ...{ ftp, backup: rig.backup, made: () => rig.archive().made },
        sent: new ArchiveState(journal, 'archive sent'),
        ...{ clock: { now: () => 1_000 }, log: silentLogger() },
        refused: (code) => {
          refusals.push(code);
        },
      });
    const delivery = deliveryTo(ftpTo(port));
    await delivery.deliver(never);
    expect(await readdir(inbox)).toEqual([]);
    for (const content of ['first', 'second']) {
      await plant(rig.folder, { '2001_4620data.txt': content });
      await rig.makeAt('2026-11-26T12:00:00Z');
      await delivery.deliver(never);
      expect(await readdir(inbox)).toEqual([name]);
      expect(await readFile(path.join(inbox, name))).toEqual(
        await readFile(path.join(rig.backup, name)),
      );
    }
    expect(delivery.sent).toMatchObject({ name, sentAt: 1_000 });
    const { mtimeMs, ino } = await stat(path.join(inbox, name));
    await deliveryTo(ftpTo(port)).deliver(never);
    expect(await stat(path.join(inbox, name))).toMatchObject({ mtimeMs, ino });
    expect(refusals).toEqual([]);

    // Another server has nothing yet, and says no.
    const other = deliveryTo(ftpTo(await freeTcpPort()));
    await other.deliver(never);
    expect(other.error?.code).toBe('CUSTOM_FTP_UNREACHABLE');
    expect(refusals).toEqual(['CUSTOM_FTP_UNREACHABLE']);
  },
);

it.skipIf(withoutVsftpd).each([
  { what: 'a wrong password', change: { password: 'hunter2-wrong' } },
  { what: 'no such folder', change: { folder: 'nowhere' } },
  { what: 'a refused write', more: ['cmds_denied=STOR'] },
  { what: 'a refused rename', more: ['cmds_denied=RNTO'] },
])('leaves the former file after $what (vsftpd)', async ({ change, more }) => {
  const { port, inbox } = await startCustomerServer(more);
  await writeFile(path.join(inbox, name), former);
  const failed = send(ftpTo(port, change), randomBytes(10_000));
  await expect(failed).rejects.toMatchObject({ code: 'CUSTOM_FTP_REFUSED' });
  await expect(failed).rejects.not.toThrow(/hunter2/);
  await expectFormer(inbox);
  expect(await readdir(inbox)).toEqual([name]);
});

it.skipIf(withoutVsftpd)(
  'leaves the former file when the way is cut in the middle, and sends all of it next time (vsftpd)',
  async () => {
    const { port, inbox } = await startCustomerServer(['anon_max_rate=1000000']);
    await writeFile(path.join(inbox, name), former);
    const relay = await Relay.start(() => port);
    onTestFinished(() => relay.stop());
    const bytes = randomBytes(3_000_000);
    const failed = expect(send(ftpTo(relay.port), bytes)).rejects.toMatchObject({
      code: 'CUSTOM_FTP_UNREACHABLE',
    });
    await vi.waitFor(async () => {
      expect((await stat(path.join(inbox, `${name}.part`))).size).toBeGreaterThan(0);
    }, 5_000);
    relay.cut();
    await failed;
    await expectFormer(inbox);
    await send(ftpTo(relay.port, {}, 3), bytes);
    expect(await readFile(path.join(inbox, name))).toEqual(bytes);
    expect(await readdir(inbox)).toEqual([name]);
  },
  60_000,
);

it.skipIf(withoutVsftpd)(
  'encrypts by explicit TLS, and sends nothing to a certificate that nobody vouches for (vsftpd)',
  async () => {
    const pair = await phoneCertificate();
    const { port, inbox } = await startCustomerServer([], pair);
    const authorityFile = path.join(await tempFolder(), 'authority.pem');
    await writeFile(authorityFile, pair.cert);
    const there = { host: 'localhost', tls: 'explicit', authorityFile } as const;
    await writeFile(path.join(inbox, name), former);
    await expect(
      send(ftpTo(port, { ...there, authorityFile: undefined }), former),
    ).rejects.toMatchObject({ code: 'CUSTOM_FTP_REFUSED' });
    await expect(send(ftpTo(port), former)).rejects.toMatchObject({ code: 'CUSTOM_FTP_REFUSED' });
    await expectFormer(inbox);
    const bytes = randomBytes(500_000);
    await send(ftpTo(port, there), bytes);
    expect(await readFile(path.join(inbox, name))).toEqual(bytes);
  },
);

it.skipIf(withoutPureFtpd)(
  'sends, overwrites, and is told of a wrong password (pure-ftpd)',
  async () => {
    const { port, inbox } = await startPureServer();
    const bytes = randomBytes(100_000);
    for (const content of [former, bytes]) {
      await send(ftpTo(port), content);
      expect(await readFile(path.join(inbox, name))).toEqual(content);
      expect(await readdir(inbox)).toEqual([name]);
    }
    await expect(send(ftpTo(port, { password: 'wrong' }), former)).rejects.toMatchObject({
      code: 'CUSTOM_FTP_REFUSED',
    });
    expect(await readFile(path.join(inbox, name))).toEqual(bytes);
  },
  60_000,
);

it.skipIf(withoutPureFtpd)('encrypts by explicit TLS (pure-ftpd)', async () => {
  const pair = await phoneCertificate();
  const { port, inbox } = await startPureServer(pair);
  const authorityFile = path.join(await tempFolder(), 'authority.pem');
  await writeFile(authorityFile, pair.cert);
  const bytes = randomBytes(500_000);
  await send(ftpTo(port, { host: 'localhost', tls: 'explicit', authorityFile }), bytes);
  expect(await readFile(path.join(inbox, name))).toEqual(bytes);
});

it('tries a dead server a few times and says so', async () => {
  await expect(send(ftpTo(await freeTcpPort(), {}, 3), former)).rejects.toMatchObject({
    code: 'CUSTOM_FTP_UNREACHABLE',
  });
});
