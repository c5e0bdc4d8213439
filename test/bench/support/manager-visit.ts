import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { browserProgram } from '../../support/browser-program.ts';
import type { LaunchedServer } from '../../support/launched-server.ts';

/** How long one page of the manager takes, again and again. */
export interface BrowserVisit {
  /** From the question to the first byte of the answer, for a client that keeps its connection. */
  readonly firstByteMs: readonly number[];
  /** In chromium, from the start of the navigation until everything is loaded, laid out and its scripts have run. */
  readonly usableMs: readonly number[];
}

/** Sign in by the one-time link of a manager that was just started, and visit a page. */
export async function browserVisit(
  manager: LaunchedServer,
  address: string,
  visits: number,
): Promise<BrowserVisit> {
  const ready = await manager.logged(({ msg }) => msg === 'ready');
  const { link } = await manager.logged((line) => 'link' in line);
  const base = `http://127.0.0.1:${String(ready['port'])}`;
  const home = await mkdtemp(path.join(tmpdir(), 'branchline-browser-'));
  const browser = await chromium.launch({
    executablePath: browserProgram ?? 'chromium',
    args: ['--no-sandbox'],
    env: { ...process.env, HOME: home },
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await signIn(page, String(link));
    const usableMs: number[] = [];
    for (let n = 0; n <= visits; n += 1) {
      const took = await usable(page, base + address);
      if (n > 0) usableMs.push(took);
    }
    const cookies = await page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const firstByteMs: number[] = [];
    for (let n = 0; n <= visits; n += 1) {
      // The server keeps what it has put together for half a second.
      await sleep(600);
      const took = await firstByte(base + address, cookie);
      if (n > 0) firstByteMs.push(took);
    }
    return { firstByteMs, usableMs };
  } finally {
    await browser.close();
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Become the first administrator. */
export async function signIn(page: Page, link: string): Promise<void> {
  const password = 'correct horse battery';
  await page.goto(link);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel(/^Password/).fill(password);
  await page.getByLabel('The same again').fill(password);
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}

async function usable(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await page.locator('tbody tr').first().waitFor();
  const took: unknown = await page.evaluate(
    "performance.getEntriesByType('navigation')[0].loadEventEnd",
  );
  return Number(took);
}

async function firstByte(url: string, cookie: string): Promise<number> {
  const start = performance.now();
  const answer = await fetch(url, { headers: { cookie } });
  const reader = answer.body?.getReader();
  await reader?.read();
  const took = performance.now() - start;
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  await reader?.cancel();
  return took;
}
