import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager } from '../support/manager.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = `<img src=x onerror="document.title='owned'">`;
const line = (facts: object): string =>
  `${JSON.stringify({ level: 'info', time: '2026-11-26T12:00:00.000Z', ...facts })}\n`;

async function rig() {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const log = path.join(site.folder, 'log', 'branchline.log');
  await mkdir(path.dirname(log), { recursive: true });
  return { site, log, manager: await startManager(site) };
}

/** The events of a stream, one by one; it ends with the loop. */
async function* eventsOf(answer: Response): AsyncGenerator<{ event: string; data: string }> {
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event, data] = /event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event !== undefined && data !== undefined) yield { event, data };
    }
  }
}

it('shows the last lines of a running server, and narrows them', async () => {
  const { site, manager } = await rig();
  await ServerProcess.start(site.config);
  const ada = await signedIn(manager);
  const all = await (await ada.get('/logs')).text();
  expect(all).toContain('from the running server');
  expect(all).toMatch(/<bdi>status<\/bdi>[^]*<bdi>status page open<\/bdi>/);
  const narrow = await (await ada.get('/logs?service=status&level=info&text=PAGE')).text();
  expect(narrow.match(/<tr>/g)?.length).toBe(3);
  const none = await (await ada.get('/logs?level=error&text=nothing-like-that')).text();
  expect(none).not.toContain('id="log-nothing" hidden');
});

it('shows the end of the log file while the server is down, every word of it as text', async () => {
  const { site, log, manager } = await rig();
  const ada = await signedIn(manager);
  expect(await (await ada.get('/logs')).text()).toContain(log);
  await writeFile(log, line({ msg: hostile, service: hostile, [hostile]: hostile }));
  const page = await (await ada.get('/logs')).text();
  expect([page.includes('&lt;img src=x'), page.includes('<img')]).toEqual([true, false]);
  const search = await (await ada.get(`/logs?text=${encodeURIComponent(hostile)}`)).text();
  expect([search.includes('value="&lt;img'), search.includes('<img')]).toEqual([true, false]);

  // The server comes: its lines take the place of the file's.
  const events = eventsOf(await ada.get('/live/logs?after=file%202026'));
  await ServerProcess.start(site.config);
  for await (const { event, data } of events) {
    if (event !== 'anew') continue;
    expect(JSON.parse(data)).toMatchObject({ origin: 'server' });
    break;
  }
});

it('passes on what the server logs, and only to those who have signed in', async () => {
  const { site, manager } = await rig();
  const server = await ServerProcess.start(site.config);
  expect((await fetch(`${manager.base}/live/logs`)).status).toBe(401);
  const ada = await signedIn(manager);
  const page = await (await ada.get('/logs?text=opened+again')).text();
  const live = /data-live="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const answer = await ada.get(live);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  process.kill(server.pid, 'SIGHUP');
  for await (const { event, data } of eventsOf(answer)) {
    expect([event, data.includes('opened again')]).toEqual(['lines', true]);
    break;
  }
});

it('lets sixteen windows follow, and not one more', async () => {
  const { manager } = await rig();
  const ada = await signedIn(manager);
  const open = await Promise.all(Array.from({ length: 16 }, () => ada.get('/live/logs')));
  expect(open.map(({ status }) => status)).toEqual(new Array(16).fill(200));
  expect((await ada.get('/live/logs')).status).toBe(503);
  await open[0]?.body?.cancel();
  await expect.poll(async () => (await ada.get('/live/logs')).status).toBe(200);
});

it.skipIf(browserProgram === undefined)(
  'adds lines as they come, holds them while it is paused, and runs none (chromium)',
  async () => {
    const { log, manager } = await rig();
    await writeFile(log, line({ msg: 'the first' }));
    const page = await openWindow({ width: 1280 });
    await enter(page, manager);
    await page.getByRole('link', { name: 'Logs' }).click();
    await page.getByText('the first').waitFor();
    const later = { time: '2026-11-26T12:00:01.000Z', service: 'tftp', level: 'warn' };
    await appendFile(log, line({ ...later, msg: hostile, phone: hostile }));
    await page.getByText(hostile).first().waitFor();
    expect(await page.title()).toMatch(/^Logs/);
    expect(await page.locator('table.log img').count()).toBe(0);
    await page.getByRole('button', { name: 'Pause' }).click();
    await appendFile(log, line({ ...later, time: '2026-11-26T12:00:02.000Z', msg: 'the third' }));
    await page.getByText('1 new lines wait').waitFor();
    expect(await page.getByText('the third').count()).toBe(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('the third').waitFor();
    expect(await page.locator('table.log tbody tr').count()).toBe(3);
  },
);
