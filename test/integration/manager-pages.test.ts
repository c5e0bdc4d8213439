import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import { demoSite, updatesOf, type DemoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import { allPages, managerHere, type ManagerHere } from '../support/manager-here.ts';
import { administrator, openWindow } from '../support/manager.ts';
import { barriers, complaintsOf, linksOf, overflow } from '../support/page-walk.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { ServerProcess } from '../support/server-process.ts';
import { mustRun, statusWhen } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** What a stranger would like to see as markup; a page that shows it as text has no such element. */
const evil = `"'><b data-evil onclick=alert(1)>`;

/** Enough for one of each kind, also where there is one for each version. */
const maxPages = 40;

/** A hub that serves telephones, with hostile names wherever somebody outside can put one. */
async function hostileSite(): Promise<DemoSite> {
  const site = await demoSite(await tempFolder(), 'hub', true);
  await changeSettings(site.config, {
    ...{ 'Settings/ServerName': `porto ${evil}`, 'HTTP/RunHTTP': '1', 'TFTP/RunTrivialFTP': '1' },
  });
  await mustRun('hub', 'init', '--config', site.config);
  await mkdir(updatesOf(site), { recursive: true });
  await writeFile(path.join(updatesOf(site), `a ${evil}.txt`), 'SET A 1');
  await ServerProcess.start(site.config);
  await statusWhen(site, ({ hub }) => hub?.files === 1);
  const phone = await RawConnection.open(`http://127.0.0.1:${site.httpPort}`);
  const agent = `AVAYA/LSPD-J179/${evil}`;
  phone.send(`GET /${encodeURIComponent(evil)} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${agent}\r\n`);
  phone.send('Connection: close\r\n\r\n');
  await phone.closed();
  return site;
}

async function signIn(page: Page, { base }: ManagerHere): Promise<void> {
  await page.goto(`${base}/sign-in`);
  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel('Password').fill(administrator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** Every page, also those that others only lead to; a page that wants to be told what is visited as it was led to. */
async function walk(
  page: Page,
  { base, server }: ManagerHere,
  visit: (at: string) => Promise<void>,
): Promise<string[]> {
  const paths = server.routes
    .filter(({ method, url, open }) => method === 'GET' && !open && !url.includes(':'))
    .map(({ url }) => url)
    .filter((url) => !url.startsWith('/live'));
  const pathOf = (link: string): string => link.split('?', 1)[0] ?? '';
  const left = [...paths];
  const visited = new Set<string>();
  for (let at = left.shift(); at !== undefined; at = left.shift()) {
    if (visited.has(pathOf(at)) || visited.size >= maxPages) continue;
    // A download is no page, and leads nowhere.
    const answer = await page.request.get(`${base}${at}`, { maxRedirects: 0 });
    if (!answer.ok() || !(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    visited.add(pathOf(at));
    await page.goto(`${base}${at}`);
    left.push(...(await linksOf(page)));
    await visit(at);
  }
  return [...visited];
}

it.skipIf(browserProgram === undefined)(
  'has no page that keeps somebody out, runs over the edge, complains, or shows a name as markup (chromium)',
  async () => {
    const manager = await managerHere({ pages: await allPages(await hostileSite()) });
    await manager.signedIn();
    const page = await openWindow({ width: 1280 });
    const complaints = complaintsOf(page);
    const found: string[] = [];
    const look = async (at: string, what: string, faults: Promise<string[]>): Promise<void> => {
      for (const fault of await faults) found.push(`${at} ${what}: ${fault}`);
    };
    const lookAround = async (at: string): Promise<void> => {
      await look(at, 'light, wide', barriers(page));
      await look(at, 'wide', overflow(page));
      await page.setViewportSize({ width: 380, height: 800 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await look(at, 'dark, narrow', barriers(page));
      await look(at, 'narrow', overflow(page));
      if ((await page.locator('[data-evil]').count()) > 0) found.push(`${at}: a name as markup`);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
    };
    await page.goto(`${manager.base}/set-up?token=${await manager.token()}`);
    await lookAround('/set-up');
    await page.goto(`${manager.base}/sign-in`);
    await lookAround('/sign-in');
    await signIn(page, manager);
    const pages = await walk(page, manager, lookAround);
    expect(pages.length).toBeGreaterThan(3);
    expect({ found, complaints }).toEqual({ found: [], complaints: [] });
  },
  120_000,
);

it.skipIf(browserProgram === undefined)(
  'is of use without scripts: each page has its heading and runs over no edge (chromium)',
  async () => {
    const manager = await managerHere({ pages: await allPages(await hostileSite()) });
    await manager.signedIn();
    const page = await openWindow({ width: 1280, scripts: false });
    const complaints = complaintsOf(page);
    const found: string[] = [];
    await signIn(page, manager);
    await walk(page, manager, async (at) => {
      if ((await page.locator('h1').count()) !== 1) found.push(`${at} has no one heading`);
      for (const width of [1280, 380]) {
        await page.setViewportSize({ width, height: 900 });
        for (const fault of await overflow(page)) found.push(`${at} at ${width}: ${fault}`);
      }
      if ((await page.locator('[data-evil]').count()) > 0) found.push(`${at}: a name as markup`);
    });
    expect({ found, complaints }).toEqual({ found: [], complaints: [] });
  },
  120_000,
);
