import { expect, it } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import { administrator, enter, openWindow, startManager, Visitor } from '../support/manager.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('lets the first administrator in by the one-time link, and then by the password only', async () => {
  const manager = await startManager(await demoSite(await tempFolder(), 'lisbon', false));
  const stranger = new Visitor(manager.base);
  const refused = await stranger.get('/account');
  expect([refused.status, refused.headers.get('location')]).toEqual([
    303,
    '/sign-in?to=%2Faccount',
  ]);

  const ada = new Visitor(manager.base);
  const token = new URL(manager.link).searchParams.get('token') ?? '';
  const { name, password } = administrator;
  expect((await ada.send('/set-up', { token, name, password, again: 'another' })).status).toBe(400);
  expect((await ada.send('/set-up', { token, name, password, again: password })).status).toBe(303);
  // The server does not run: the manager says so.
  const overview = await ada.get('/');
  expect([overview.status, (await overview.text()).includes('does not answer')]).toEqual([
    200,
    true,
  ]);
  expect(
    (await stranger.send('/set-up', { token, name: 'eve', password, again: password })).status,
  ).toBe(403);

  const later = new Visitor(manager.base);
  expect((await later.send('/sign-in', { name, password: 'wrong' })).status).toBe(401);
  const answer = await later.send('/sign-in', { name, password, to: '//evil.example/' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  expect((await later.get('/account')).status).toBe(200);
  expect(
    (await later.send('/account/add', { name: 'bob', password, again: password })).status,
  ).toBe(403);
  const own = { name: 'bob', password, again: password };
  expect((await later.post('/account/add', own, '/account')).status).toBe(303);
  expect((await later.post('/sign-out', {}, '/')).status).toBe(303);
  expect((await later.get('/account')).status).toBe(303);
});

it.skipIf(browserProgram === undefined)(
  'shows the overview of a running server in a browser (chromium)',
  async () => {
    const site = await demoSite(await tempFolder(), 'lisbon', false);
    const manager = await startManager(site);
    await ServerProcess.start(site.config);
    const page = await openWindow({ width: 1280 });
    await enter(page, manager);
    await page.getByText('All is well').waitFor();
  },
);
