import { once } from 'node:events';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { administrator } from '../support/manager.ts';
import { makePhoneCertificate, type Pair } from '../support/phone-certificate.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A manager by HTTPS: its port and its one-time link. */
async function httpsManager(
  site: DemoSite,
  more: Record<string, string> = {},
): Promise<{ port: number; link: URL; process: LaunchedServer }> {
  await changeSettings(site.config, {
    ...{ 'MANAGER/ManagerPort': '0', 'MANAGER/ManagerHTTPS': '1' },
    ...more,
  });
  const process = await LaunchedServer.launch(site.config, 'manager');
  onTestFinished(() => process.kill());
  const ready = await process.logged(({ msg }) => msg === 'ready');
  const { link } = await process.logged((line) => 'link' in line);
  return { port: Number(ready['port']), link: new URL(String(link)), process };
}

async function ask(
  port: number,
  to: string,
  fields?: Record<string, string>,
): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: '127.0.0.1', port, path: to, rejectUnauthorized: false, agent: false },
    method: fields === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  asked.end(fields && new URLSearchParams(fields).toString());
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer;
}

/** What a listener shows and agrees to, or the code of its refusal. */
async function agreed(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return `${String(socket.getProtocol())} ${socket.getPeerCertificate().fingerprint256}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    socket.destroy();
  }
}

it('serves HTTPS only, with a certificate of its own, TLS 1.2 or later, and cookies for HTTPS alone', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const { port, link } = await httpsManager(site);
  expect(link.protocol).toBe('https:');
  const { name, password } = administrator;
  const token = link.searchParams.get('token') ?? '';
  const entered = await ask(port, '/set-up', { token, name, password, again: password });
  expect(entered.statusCode).toBe(303);
  const [cookie = ''] = entered.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/^__Host-branchline-manager=/);
  const [, ...flags] = cookie.split('; ');
  expect(flags.toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']);

  expect(await agreed(port)).toMatch(/^TLSv1\.3 /);
  expect(await agreed(port, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 /);
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  expect(await agreed(port, old)).toMatch(/alert|protocol version/i);
  const key = await stat(path.join(site.folder, 'certs', 'manager', 'key.pem'));
  expect(key.mode & 0o077).toBe(0);

  // Who speaks plain HTTP is told nothing.
  const plain = await RawConnection.open(`http://127.0.0.1:${port}`);
  plain.send('GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await plain.closed()).not.toContain('Branchline');
});

it("shows the operator's certificate, a changed one at once, and keeps the old one while the new does not fit", async () => {
  const folder = await tempFolder();
  const [cert, key] = [path.join(folder, 'manager.pem'), path.join(folder, 'key.pem')];
  const put = async (pair: Pair): Promise<void> => {
    for (const [file, text] of [
      [cert, pair.cert],
      [key, pair.key],
    ] as const) {
      await writeFile(`${file}.new`, text, { mode: 0o600 });
      await rename(`${file}.new`, file);
    }
  };
  await put(await makePhoneCertificate('ec'));
  const site = await demoSite(folder, 'lisbon', false);
  const { port, process } = await httpsManager(site, {
    'MANAGER/ManagerCertFile': cert,
    'MANAGER/ManagerKeyFile': key,
  });
  const first = await agreed(port);
  await put(await makePhoneCertificate('ec'));
  await process.logged(({ msg }) => msg === 'certificates for browsers changed');
  const second = await agreed(port);
  expect(second).not.toBe(first);
  await writeFile(key, (await makePhoneCertificate('ec')).key);
  await process.logged(({ msg }) => msg === 'the old certificates for browsers stay in use');
  expect(await agreed(port)).toBe(second);
});

it('is never less than was meant: with ManagerHTTPS misspelled it serves no plain HTTP', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  await changeSettings(site.config, { 'MANAGER/ManagerPort': '0', 'MANAGER/ManagerHTTPS': '1' });
  const text = await readFile(site.config, 'utf8');
  await writeFile(site.config, text.replace('ManagerHTTPS=1', 'ManagerHTTPS=yes please'));
  const process = await LaunchedServer.launch(site.config, 'manager');
  onTestFinished(() => process.kill());
  const { link } = await process.logged((line) => 'link' in line);
  expect(String(link)).toMatch(/^https:/);
});
