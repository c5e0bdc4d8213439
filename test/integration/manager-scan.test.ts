import { expect, it } from 'vitest';
import { phoneOf } from '../support/phone-agent.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager } from '../support/manager.ts';
import { scannedPhones } from '../support/scan-rig.ts';
import { scanSite } from '../support/scan-site.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { plant } from '../support/temp-tree.ts';

const j179 = (extension: string, firmware: string, more: object = {}) => ({
  objects: phoneOf('J100 and 96x1 SIP', extension, { type: 'J179D02A', firmware }),
  ...more,
});

it.each([true, false])(
  'scans and shows who is behind, with scripts: %s (chromium)',
  async (scripts) => {
    if (browserProgram === undefined) return;
    const { port } = await scannedPhones(
      j179('2001', '4.0.9.0.1'),
      j179('2002', '4.1.3.0.6'),
      j179('2003', '4.0.9.0.1', { manner: 'late first' }),
    );
    const site = await scanSite(port);
    const [manager] = await Promise.all([startManager(site), ServerProcess.start(site.config)]);
    const page = await openWindow({ width: 1280, scripts });
    await enter(page, manager);
    await page.getByRole('link', { name: 'Firmware scan' }).click();
    await page.getByLabel('Ranges, or a file of ranges').fill('10.0.0.9-10.0.0.1');
    await page.getByRole('button', { name: 'Scan', exact: true }).click();
    await page.getByText('its last address stands before its first').waitFor();
    expect(await page.getByLabel('Ranges, or a file of ranges').inputValue()).toBe(
      '10.0.0.9-10.0.0.1',
    );
    await page.getByLabel('Ranges, or a file of ranges').fill('127.31.0.1-127.31.0.5');
    await page.getByRole('button', { name: 'Scan', exact: true }).click();
    await page.getByText('The scan has begun.').waitFor();
    await page
      .getByText('2 phones are behind, 2 did not answer, 1 runs what this server offers.')
      .waitFor();
    await page.getByRole('link', { name: 'Who is behind' }).click();
    expect(await page.locator('#phones tbody th').allTextContents()).toEqual([
      ...['127.31.0.1', '127.31.0.3'],
    ]);
    await page.getByLabel('Find').fill('2003');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('127.31.0.1', { exact: true }).waitFor({ state: 'detached' });
    expect(await page.locator('#phones tbody tr').count()).toBe(1);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as CSV' }).click();
    expect((await download).suggestedFilename()).toMatch(/^scan_.*\.csv$/);
  },
);

it('shows what telephones and scripts say as text, and takes orders only from its own form', async () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const { port } = await scannedPhones({
    objects: phoneOf('J100 and 96x1 SIP', '2001', {
      type: 'J179D02A',
      firmware: '"><svg/onload=a>',
    }),
  });
  const site = await scanSite(port);
  await plant(site.data, { 'HTTPdata/J100Supgrade.txt': `SET APPNAME "${hostile}"\n` });
  const [manager, server] = await Promise.all([
    startManager(site),
    ServerProcess.start(site.config),
  ]);
  const ada = await signedIn(manager);
  const what = '127.31.0.1-127.31.0.2';
  expect((await ada.send('/scan', { what })).status).toBe(403);
  expect((await ada.post('/scan', { what: `${hostile}.txt` }, '/scan')).status).toBe(404);
  expect((await ada.post('/scan', { what: '10.0.0.0/8' }, '/scan')).status).toBe(400);
  expect((await ada.post('/scan', { what, max: '1' }, '/scan')).status).toBe(400);
  const refused = await (await ada.post('/scan', { what: `"${hostile}` }, '/scan')).text();
  expect(refused).not.toContain('<img');
  expect((await ada.post('/scan', { what }, '/scan')).status).toBe(303);
  await expect.poll(async () => await (await ada.get('/scan')).text()).toContain('Who is behind');
  const home = await (await ada.get('/scan')).text();
  const [, address = ''] = /href="(\/scan\/[^"?]+)"/.exec(home) ?? [];
  const result = await (await ada.get(`${address}?text=%22%3E%3Cb%3E&offset=x&show=lost`)).text();
  const all = await (await ada.get(address)).text();
  for (const text of [home, result, all]) {
    for (const markup of ['<img', '<svg/', '"><b>']) expect(text).not.toContain(markup);
  }
  expect(all).toContain('&lt;img src=x');
  const csv = await ada.get(`${address}/report.csv`);
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(await csv.text()).toContain('\r\n127.31.0.2,silent,');
  expect((await ada.get('/scan/none')).status).toBe(404);
  expect((await ada.get('/scan/none/report.json')).status).toBe(404);
  // What was found can be looked at while the server is down.
  await server.stop();
  const down = await (await ada.get('/scan')).text();
  expect(down).toContain('does not answer');
  expect(down).toContain('1 did not answer');
  expect((await ada.post('/scan', { what }, '/scan')).status).toBe(503);
  const { stdout } = await command('audit', '--json', '--config', site.config);
  expect(stdout).toMatch(/"act":"started".*"kind":"scan"|"kind":"scan".*"act":"started"/);
});
