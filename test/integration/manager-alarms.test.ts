import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { AlarmsTable, Journal } from '#libs/journal';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { startWebhook, type Posted } from '../support/alarm-receivers.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, Visitor } from '../support/manager.ts';
import { barriers, overflow } from '../support/page-walk.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = 'shop <img src=x onerror=alert(1)>';
const sentence = `${hostile} has not asked for updates since 14:02 (2 h 10 min).`;

/** A server that has raised an alarm about a branch with a strange name, one that is over, and a webhook. */
async function alarmed(): Promise<{ site: DemoSite; posted: readonly Posted[] }> {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const { url, posted } = await startWebhook();
  await appendFile(
    site.config,
    `[ALARMS]\nWebhookURL=${url}\nMailServer=127.0.0.1:9\nMailTLS=0\nMailFrom=a@example.com\nMailTo=b@example.com\n`,
  );
  const state = path.join(site.folder, 'state');
  await mkdir(state);
  const journal = new Journal(path.join(state, 'branchline.db'));
  const table = new AlarmsTable(journal);
  const now = Date.now();
  const alarm = {
    severity: 'critical',
    advice: 'Check the link.',
    code: 'PEER_UNREACHABLE',
  } as const;
  const over = table.raise({
    ...{ ...alarm, condition: 'branch-overdue', about: 'porto', what: 'porto was silent.' },
    ...{ since: now - 7_200_000, raisedAt: now - 7_100_000 },
  });
  table.clear(over.id, now - 3_600_000);
  // It lasts for two minutes after the start: this server has no branches at all.
  const raised = table.raise({
    ...{ ...alarm, condition: 'branch-overdue', about: hostile, what: sentence },
    ...{ since: now - 7_800_000, raisedAt: now - 7_740_000 },
  });
  table.told(raised, now - 7_740_000);
  journal.close();
  return { site, posted };
}

it('shows, tests, mutes and unmutes without a script, and says so when the server is down', async () => {
  const { site, posted } = await alarmed();
  const manager = await startManager(site);
  expect((await new Visitor(manager.base).get('/alarms')).status).toBe(303);
  const ada = await signedIn(manager);
  expect(await (await ada.get('/alarms')).text()).toContain('The server does not answer.');

  await ServerProcess.start(site.config);
  const page = await (await ada.get('/alarms')).text();
  expect(page).toContain('1 alarm is on');
  expect(page).toContain('Check the link.');
  expect(page).toContain('porto was silent.');
  expect(page).toContain('shop &lt;img src=x');
  expect(page).not.toContain('<img');

  const id = /href="\/alarms\/(\d+)\/mute"/.exec(page)?.[1] ?? '';
  expect((await ada.send(`/alarms/${id}/mute`, { minutes: '30' })).status).toBe(403);
  expect((await ada.post(`/alarms/${id}/mute`, { minutes: '30' })).status).toBe(303);
  for (const minutes of ['', '0', '-1', '43201', 'x']) {
    expect((await ada.post('/alarms/mute', { minutes })).status).toBe(400);
  }
  const muted = await (await ada.get('/alarms')).text();
  expect(muted).toContain('muted: receivers are not told');
  expect(muted).toContain('administrator ada');
  const mute = /action="(\/alarms\/mutes\/\d+\/end)"/.exec(muted)?.[1] ?? '';
  expect((await ada.post(mute, {}, '/alarms')).status).toBe(303);
  expect(await (await ada.get('/alarms')).text()).not.toContain('/alarms/mutes/');

  expect((await ada.post('/alarms/test', {}, '/alarms')).status).toBe(303);
  const tested = await (await ada.get('/alarms')).text();
  expect(tested).toContain('The test was not taken by: mail.');
  expect(tested).toContain('taken with HTTP 204');
  const events = posted.map(({ body }) => (JSON.parse(body) as { event: string }).event);
  expect(events).toContain('mute-ended');
  expect(events).toContain('test');
}, 40_000);

it.skipIf(browserProgram === undefined)(
  'a person mutes an alarm for two hours, tests a receiver and ends the mute on a narrow dark screen (chromium)',
  async () => {
    const { site } = await alarmed();
    const manager = await startManager(site);
    await ServerProcess.start(site.config);
    const page = await openWindow({ width: 380, scheme: 'dark' });
    await enter(page, manager);
    await page.getByRole('link', { name: 'Alarms' }).click();
    await page.getByText(sentence).waitFor();
    expect([...(await barriers(page)), ...(await overflow(page))]).toEqual([]);
    await page.getByRole('link', { name: /^Mute Branch overdue/ }).click();
    await page.getByLabel('For').selectOption({ label: '2 hours' });
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByText(/receivers are not told until/).waitFor();
    await page.getByRole('button', { name: 'Test webhook' }).click();
    await page.getByText('Every receiver took the test.').waitFor();
    await page.getByText('taken with HTTP 204').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: /^End the mute/ }).click();
    await page.getByText(/receivers are told again/).waitFor();
  },
  60_000,
);
