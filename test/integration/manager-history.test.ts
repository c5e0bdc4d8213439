import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { HistoryTable, Journal, type HistoryRow } from '#libs/journal';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, Visitor } from '../support/manager.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = 'J179 <img src=x onerror=alert(1)>\u202e';

/** A site that has served, synced and relayed within the last hour. */
async function lived(): Promise<DemoSite> {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const state = path.join(site.folder, 'state');
  await mkdir(state);
  const journal = new Journal(path.join(state, 'branchline.db'));
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600;
  const midnight = new Date().setHours(0, 0, 0, 0) / 1_000;
  const counted = (
    series: string,
    label: string,
    total: number,
  ): Omit<HistoryRow, 'step' | 'at'> => ({
    ...{ series, label, total },
    ...{ count: 0, peak: 0 },
  });
  const rows = [
    counted('transfers', 'http done', 1_204),
    counted('transfers', 'tftp done', 77),
    counted('transfers', 'tftp refused', 3),
    counted('transfer-bytes', 'http download', 5_000_000),
    counted('relay-files', 'cdr sent', 12),
    counted('relay-bytes', 'cdr sent', 640_000),
    { series: 'sync-runs', label: 'done', count: 2, total: 90_000, peak: 60_000 },
    { series: 'firmware', label: hostile, count: 1, total: 41, peak: 41 },
  ];
  const buckets = [
    { step: 300, at: hour },
    { step: 3_600, at: hour },
    { step: 86_400, at: midnight },
  ];
  new HistoryTable(journal).write({
    add: buckets.flatMap((bucket) => rows.map((row) => ({ ...row, ...bucket }))),
    levels: [],
    read: new Map(),
  });
  journal.close();
  return site;
}

it('shows how it has been in tables without a script, while the server is down', async () => {
  const manager = await startManager(await lived());
  expect((await new Visitor(manager.base).get('/history')).status).toBe(303);
  const data = await new Visitor(manager.base).get('/history/data?series=transfers');
  expect(data.status).toBe(303);

  const ada = await signedIn(manager);
  for (const span of ['day', 'week', 'months', 'years', 'nonsense']) {
    const page = await (await ada.get(`/history?span=${span}`)).text();
    expect(page).toMatch(/<bdi>HTTP<\/bdi>[\s\S]*<bdi>Refused<\/bdi>/);
    for (const value of ['1,204', '5.0 MB', '640 kB', '45 s', '1 min', '41'])
      expect([span, value, page.includes(`<td class="figure">${value}</td>`)]).toEqual([
        ...[span, value, true],
      ]);
    expect(page).not.toMatch(/<img|\u202e/);
  }
  const answer = await ada.get('/history/data?series=firmware&span=week');
  expect(await answer.json()).toMatchObject({
    kind: 'level',
    step: 3_600,
    columns: [{ label: 'J179 <img src=x onerror=alert(1)>\ufffd', unit: 'telephones' }],
  });
  for (const series of ['', 'passwords', 'transfers&series=transfers'])
    expect((await ada.get(`/history/data?series=${series}`)).status).toBe(404);
});

it.skipIf(browserProgram === undefined)(
  'plots the same under a policy that allows nothing inline (chromium)',
  async () => {
    const manager = await startManager(await lived());
    const page = await openWindow({ width: 1280 });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await enter(page, manager);
    await page.getByRole('link', { name: 'History' }).click();
    await page.locator('[data-drawn=yes]').waitFor();
    expect(await page.locator('figure canvas').count()).toBe(6);
    const plot = page.getByRole('img', {
      name: /^Files for telephones, last 24 hours: HTTP 1,204/,
    });
    expect(await plot.boundingBox()).toMatchObject({ height: expect.any(Number) as number });
    expect(await page.locator('#transfers .u-label').allTextContents()).toEqual([
      ...['Time', 'HTTP', 'TFTP', 'Refused'],
    ]);
    // Somebody has painted: more than one colour on the canvas.
    const colours: unknown = await page.evaluate(`(() => {
      const canvas = document.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(data).size;
    })()`);
    expect(colours).toBeGreaterThan(10);

    const table = page.getByRole('region', { name: 'Files for telephones, by hour' });
    expect(await table.isVisible()).toBe(false);
    await page.getByText('Table of Files for telephones').click();
    await table.getByText('1,204').waitFor();
    await page.getByRole('link', { name: '2 years' }).click();
    await page.locator('[data-span=years][data-drawn=yes]').waitFor();

    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 380, height: 800 });
    await expect
      .poll(() => page.evaluate('document.documentElement.scrollWidth'))
      .toBeLessThanOrEqual(380);
    expect(complaints).toEqual([]);
  },
);

it.skipIf(browserProgram === undefined)(
  'opens its tables without scripts as well (chromium)',
  async () => {
    const manager = await startManager(await lived());
    const page = await openWindow({ width: 380, scripts: false, scheme: 'dark' });
    await enter(page, manager);
    await page.getByRole('link', { name: 'History' }).click();
    expect(await page.locator('figure.plot').first().isVisible()).toBe(false);
    await page.getByText('Table of Files for telephones').click();
    await page
      .getByRole('region', { name: 'Files for telephones, by hour' })
      .getByText('1,204')
      .waitFor();
  },
);
