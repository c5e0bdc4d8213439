import { expect, it } from 'vitest';
import { SqliteHubState } from '#libs/journal';
import { browserProgram } from '../support/browser.ts';
import { filledHub } from '../support/filled-hub.ts';
import { enter, openWindow, signedIn, startManager } from '../support/manager.ts';
import { barriers, complaintsOf, overflow } from '../support/page-walk.ts';
import { ServerProcess } from '../support/server-process.ts';

it.skipIf(browserProgram === undefined)(
  'finds, filters, sorts and turns pages of 2,000 branches without a script (chromium)',
  async () => {
    const site = await filledHub(2_000);
    const [manager] = await Promise.all([startManager(site), ServerProcess.start(site.config)]);
    const page = await openWindow({ width: 1280, scripts: false });
    await enter(page, manager);
    await page.goto(`${manager.base}/fleet`);
    const names = (): Promise<string[]> => page.locator('tbody th').allTextContents();
    const trimmed = async (): Promise<string[]> => (await names()).map((name) => name.trim());
    expect((await names()).length).toBe(50);
    expect(await page.getByText('no space left at').count()).toBe(40);
    await page.getByRole('link', { name: 'Later' }).click();
    await page.getByText('51–100 of').waitFor();
    await page.getByRole('link', { name: 'Branch', exact: true }).click();
    await page.getByText('1–50 of').waitFor();
    expect((await trimmed()).slice(0, 3)).toEqual(['invited-site', 'site-0', 'site-1']);
    await page.getByRole('link', { name: 'Branch', exact: true }).click();
    await page.locator('th[aria-sort="descending"]').waitFor();
    expect((await trimmed())[0]).toBe('site-1999');
    await page.getByLabel('Find').fill('site-19');
    await page.getByLabel('State', { exact: true }).selectOption({ label: 'error' });
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('2 error').waitFor();
    expect(await trimmed()).toEqual(['site-1901', 'site-1900']);
    await page.getByRole('link', { name: 'Later' }).waitFor({ state: 'detached' });
  },
);

it.skipIf(browserProgram === undefined)(
  'keeps nobody out of a branch and its invitation, wide and narrow, light and dark (chromium)',
  async () => {
    const site = await filledHub(30);
    const [manager] = await Promise.all([startManager(site), ServerProcess.start(site.config)]);
    const page = await openWindow({ width: 1280 });
    const complaints = complaintsOf(page);
    await enter(page, manager);
    await page.goto(`${manager.base}/join?name=lisbon`);
    await page.getByRole('button', { name: 'Make an invitation' }).click();
    await page.getByRole('heading', { name: 'Invitation of lisbon' }).waitFor();
    const found: string[] = [];
    for (const address of [
      page.url(),
      ...['', '/site-0', '/site-0/revoke'].map((at) => `${manager.base}/fleet${at}`),
    ]) {
      await page.goto(address);
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [380, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        found.push(...(await barriers(page)), ...(await overflow(page)));
      }
    }
    // What lasts is renewed without a reload, and does not take away what somebody writes.
    await page.goto(`${manager.base}/fleet`);
    await page.getByLabel('Find').fill('site-7');
    const before = await page.locator('tbody td time').first().textContent();
    await expect
      .poll(() => page.locator('tbody td time').first().textContent(), { timeout: 15_000 })
      .not.toBe(before);
    expect(await page.getByLabel('Find').inputValue()).toBe('site-7');
    expect({ found, complaints }).toEqual({ found: [], complaints: [] });
  },
);

it('shows what a branch says as text, whatever it is', async () => {
  const hostile = {
    code: 'DISK_FULL',
    name: '<img src=x onerror=alert(1)>.zip',
    message: '</td><script>alert(2)</script>\u202Egnp.exe',
  };
  const site = await filledHub(3, async (journal) => {
    const report = JSON.stringify({
      ...{ protocol: 1, version: '<b>1.0.0</b>', state: 'error', problems: [hostile], sentAt: 1 },
      scan: {
        ...{ at: 1, asked: 9, phones: 7, current: 3, behind: 4, ahead: 0, unknown: 0, failed: 1 },
        silent: 2,
        versions: [{ family: '<img src=y>', firmware: '4.1', standing: 'behind', phones: 4 }],
      },
      ...{ release: 9, lacking: { files: 2, names: [`"><svg onload=alert(3)>`] } },
    });
    const troubles = [hostile];
    const told = { report, wholeRelease: undefined, troubles };
    await new SqliteHubState(journal).recordReport('site-1', told, Date.now());
  });
  const ada = await signedIn(await startManager(site));
  for (const address of ['/fleet', '/fleet?search=%22%3E%3Cb%3E', '/fleet/site-1']) {
    const text = await (await ada.get(address)).text();
    for (const markup of ['<img', '<script>', '<svg o', '<b>1.0', '"><b>', '\u202E']) {
      expect(text).not.toContain(markup);
    }
  }
  const shown = await (await ada.get('/fleet/site-1')).text();
  expect(shown).toContain('&lt;script&gt;alert(2)');
  expect(shown).toMatch(
    /7 telephones of\s+9 addresses answered[\s\S]*4 are behind[\s\S]*&lt;img src=y&gt;/,
  );
  const unknown = await ada.get('/fleet/%3Cb%3Enobody');
  expect([unknown.status, (await unknown.text()).includes('<b>nobody')]).toEqual([404, false]);
});

it('is of use while the server is down, and locks nobody out by mistake', async () => {
  const site = await filledHub(3);
  const ada = await signedIn(await startManager(site));
  const fleet = await (await ada.get('/fleet?state=error')).text();
  expect(fleet).toContain('does not answer');
  expect(fleet).toContain('no space left at site-1');
  expect(await (await ada.get('/fleet?state=lost&offset=x')).text()).toContain('site-2');
  const form = '/fleet/site-2/revoke';
  expect((await ada.get(form)).status).toBe(200);
  expect((await ada.post(form, {})).status).toBe(400);
  expect((await ada.send(form, { sure: 'yes' })).status).toBe(403);
  expect((await ada.post('/fleet/nobody/revoke', { sure: 'yes' }, form)).status).toBe(404);
  expect((await ada.post(form, { sure: 'yes' })).status).toBe(303);
  const after = await (await ada.get('/fleet/site-2')).text();
  expect(after).toMatch(/site-2 is locked out[\s\S]*revoked/);
});
