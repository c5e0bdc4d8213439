import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import AdmZip from 'adm-zip';
import { describe, expect, it } from 'vitest';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { loadPlan } from '../../apps/server/compose.ts';
import { ServerClient } from '../../apps/server/server-client.ts';
import { UpdatesClient } from '../../apps/server/updates-client.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, type Manager } from '../support/manager.ts';
import { barriers } from '../support/page-walk.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { pieces } from '../support/update-desk-rig.ts';

function version(n: number): Buffer {
  const zip = new AdmZip();
  zip.addFile('J100Supgrade.txt', Buffer.from(`SET APPNAME ${n}`));
  zip.addFile('firmware/j179.bin', Buffer.from(`firmware ${n}`));
  zip.addFile(`only-${n}.bin`, Buffer.from(`only ${n}`));
  return zip.toBuffer();
}

async function managed(): Promise<{ site: DemoSite; manager: Manager; server: ServerProcess }> {
  const site = await demoSite(await tempFolder(), 'alone', false);
  const [manager, server] = await Promise.all([
    startManager(site),
    ServerProcess.start(site.config),
  ]);
  return { site, manager, server };
}

const drafts = async (site: DemoSite): Promise<string[]> =>
  await readdir(path.join(updatesOf(site), '.branchline', 'drafts')).catch(() => []);

const served = async (site: DemoSite): Promise<string> =>
  await readFile(path.join(site.folder, 'data', 'HTTPdata', 'J100Supgrade.txt'), 'utf8').catch(
    () => '',
  );

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

describe.skipIf(browserProgram === undefined)('in a browser (chromium)', () => {
  it.each([
    ['with', true],
    ['without', false],
  ])('uploads, looks, publishes, replaces and rolls back, %s scripts', async (_word, scripts) => {
    const { site, manager } = await managed();
    const page = await openWindow({ width: 1280, scripts });
    await enter(page, manager);
    await page.getByRole('link', { name: 'Updates' }).click();
    await page.getByText('Nothing is published yet.').waitFor();

    for (const n of [1, 2]) {
      await page
        .getByLabel('Zip from the maker')
        .setInputFiles({ name: 'J100.zip', mimeType: 'application/zip', buffer: version(n) });
      await page.getByRole('button', { name: 'Upload and look into it' }).click();
      await page.getByRole('heading', { name: 'J100.zip', level: 1 }).waitFor();
      if (scripts) expect(await barriers(page)).toEqual([]);
      const upgrade = page.getByRole('row', { name: /J100Supgrade\.txt upgrade file/ });
      expect(await upgrade.textContent()).toMatch(
        n === 1 ? /HTTP, HTTPS\s+new/ : /HTTP, HTTPS\s+changed/,
      );
      expect(await served(site)).toBe(n === 1 ? '' : 'SET APPNAME 1');
      const replaces = page.getByText('It replaces what is published under this name,');
      expect(await replaces.count()).toBe(n - 1);
      await page.getByRole('button', { name: n === 1 ? 'Publish' : 'Replace and publish' }).click();
      await page.getByText('J100.zip is published.').waitFor();
      await until(async () => (await served(site)) === `SET APPNAME ${n}`);
    }

    await page.goto(`${manager.base}/updates`);
    if (scripts) expect(await barriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'Roll back' }).click();
    await page.getByText('only-2.bin').first().waitFor();
    if (scripts) expect(await barriers(page)).toEqual([]);
    expect(await served(site)).toBe('SET APPNAME 2');
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('is rolled back: 4 files are as before').waitFor();
    expect(await served(site)).toBe('SET APPNAME 1');
    await page.getByRole('link', { name: 'Withdraw' }).click();
    await page.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByText('J100.zip is withdrawn.').waitFor();
    expect(await served(site)).toBe('SET APPNAME 1');
  });

  it('says in words what is wrong with an archive, and takes the next one, with and without scripts', async () => {
    const { site, manager } = await managed();
    for (const scripts of [true, false]) {
      const page = await openWindow({ width: 380, scripts });
      if (scripts) await enter(page, manager);
      else {
        await page.goto(`${manager.base}/sign-in?to=/updates`);
        await page.getByLabel('Name').fill('ada');
        await page.getByLabel('Password').fill('correct horse battery');
        await page.getByRole('button', { name: 'Sign in' }).click();
      }
      await page.goto(`${manager.base}/updates`);
      await page.getByLabel('Zip from the maker').setInputFiles({
        ...{ name: 'bad<b>.zip', mimeType: 'application/zip' },
        buffer: Buffer.from('no zip at all'),
      });
      await page.getByRole('button', { name: 'Upload and look into it' }).click();
      await page.getByText(/bad<b>\.zip is refused as a whole/).waitFor();
      expect(await drafts(site)).toEqual([]);
    }
  });
});

/** The parts of an upload as a browser writes them, the file's end left to the caller. */
function multipart(name: string, token: string, bytes: Buffer): { head: Buffer; tail: Buffer } {
  const line = (text: string): string => `--bound\r\nContent-Disposition: form-data; ${text}\r\n`;
  const head = `${line('name="_csrf"')}\r\n${token}\r\n${line(`name="file"; filename="${name}"`)}\r\n`;
  return {
    head: Buffer.concat([Buffer.from(head), bytes]),
    tail: Buffer.from('\r\n--bound--\r\n'),
  };
}

it('takes nothing of an upload that is cut off on the way, without a token, or from somewhere else', async () => {
  const { site, manager } = await managed();
  const ada = await signedIn(manager);
  const token =
    /name="_csrf" value="([^"]+)"/.exec(await (await ada.get('/updates')).text())?.[1] ?? '';
  const { head, tail } = multipart('big.bin', token, randomBytes(6_000_000));
  const { hostname: host, port } = new URL(manager.base);
  const open = (headers: Record<string, string>, length: number) =>
    ask({
      ...{ host, port, method: 'POST', path: '/updates/upload' },
      headers: {
        cookie: ada.cookie,
        'content-type': 'multipart/form-data; boundary=bound',
        'content-length': length,
        ...headers,
      },
    }).on('error', () => undefined);

  const cut = open({}, head.length + tail.length);
  cut.write(head);
  await until(async () => (await drafts(site)).length > 0);
  cut.destroy();
  await until(async () => (await drafts(site)).length === 0);

  const statusOf = async (headers: Record<string, string>, body: Buffer): Promise<number> => {
    const sent = open(headers, body.length);
    const answered = new Promise<number>((resolve) => {
      sent.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
    });
    sent.end(body);
    return await answered;
  };
  const forged = multipart('x.bin', 'not the token', Buffer.from('x'));
  expect(await statusOf({}, Buffer.concat([forged.head, forged.tail]))).toBe(403);
  const good = multipart('x.bin', token, Buffer.from('x'));
  const whole = Buffer.concat([good.head, good.tail]);
  expect(await statusOf({ origin: 'http://elsewhere.example' }, whole)).toBe(403);
  // The end of the form is missing, the length is right: half a file that looks like a whole one.
  expect(await statusOf({}, good.head)).toBeGreaterThanOrEqual(400);
  expect(await drafts(site)).toEqual([]);
  expect(await statusOf({}, whole)).toBe(303);
  expect(await drafts(site)).toHaveLength(1);
});

it('keeps nothing of an upload that goes through it in its memory', async () => {
  const { site, manager, server } = await managed();
  const ada = await signedIn(manager);
  const token =
    /name="_csrf" value="([^"]+)"/.exec(await (await ada.get('/updates')).text())?.[1] ?? '';
  const pids = [manager.process.pid, server.pid];
  const before = await Promise.all(pids.map(mostMemory));
  const piece = randomBytes(1_048_576);
  const count = 200;
  const { head, tail } = multipart('big.bin', token, Buffer.alloc(0));
  const answer = await fetch(`${manager.base}/updates/upload`, {
    method: 'POST',
    headers: {
      cookie: ada.cookie,
      accept: 'application/json',
      'content-type': 'multipart/form-data; boundary=bound',
    },
    body: (async function* () {
      yield head;
      for (let n = 0; n < count; n += 1) {
        await Promise.resolve();
        yield piece;
      }
      yield tail;
    })(),
    ...{ duplex: 'half', redirect: 'error', window: null },
  });
  expect(answer.status).toBe(200);
  const after = await Promise.all(pids.map(mostMemory));
  for (const [n, most] of after.entries()) expect(most - (before[n] ?? 0)).toBeLessThan(120);
  expect(await drafts(site)).toHaveLength(1);
});

/** The most resident memory that a process has had, in MiB. */
const mostMemory = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
};

it('shows hostile names as text, and stays of use while the server is down', async () => {
  const { site, manager, server } = await managed();
  const ada = await signedIn(manager);
  const hostile = `<img src=x onerror=alert(1)>\u202Egnp.zip`;
  const zip = new AdmZip();
  zip.addFile('"><svg onload=alert(2)>.txt', Buffer.from('x'));
  await writeFile(path.join(updatesOf(site), hostile), zip.toBuffer());
  await until(async () => (await (await ada.get('/updates')).text()).includes('gnp.zip'));
  const client = new UpdatesClient(await ServerClient.open(await loadPlan(site.config)));
  const upload = { name: hostile, by: '<i>"', body: pieces(zip.toBuffer()) };
  const { draft } = await client.upload(upload);
  const encoded = encodeURIComponent(hostile);
  const pages = [
    '/updates',
    `/updates/draft/${draft.id}`,
    `/updates/rollback?name=${encoded}`,
    `/updates/withdraw?name=${encoded}&sha256=%22%3E%3Ci%3E`,
  ];
  for (const address of [
    ...pages,
    '/updates/draft/%3Ci%3E',
    '/updates/rollback',
    '/updates?offset=%3Ci%3E',
  ]) {
    const text = await (await ada.get(address)).text();
    for (const markup of ['<img', '<svg o', '"><i>', '<i>"', '\u202E'])
      expect(text).not.toContain(markup);
  }
  await server.stop();
  expect(await (await ada.get('/updates')).text()).toContain('does not answer');
});
