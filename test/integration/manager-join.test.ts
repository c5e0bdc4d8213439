import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { readAudit, type AuditRecord } from '#libs/audit';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, type Visitor } from '../support/manager.ts';
import { ServerProcess } from '../support/server-process.ts';
import { setLine } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const pageText = async (visitor: Visitor, address: string): Promise<string> =>
  await (await visitor.get(address)).text();

/** What the audit log of a site says of an act. */
async function audited(site: DemoSite, act: AuditRecord['act']): Promise<AuditRecord[]> {
  const folder = path.join(site.folder, 'state', 'audit');
  return await readAudit(folder, { since: 0, limit: 100, fits: (record) => record.act === act });
}

async function visit(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

it.skipIf(browserProgram === undefined)(
  'goes from two empty servers to a branch in sync; the branch without scripts (chromium)',
  async () => {
    const root = await tempFolder();
    const hub = await demoSite(root, 'hub', true);
    const branch = await demoSite(root, 'lisbon', false);
    const [atHub, atBranch, hubManager, branchManager] = await Promise.all([
      openWindow({ width: 1280 }),
      openWindow({ width: 380, scheme: 'dark', scripts: false }),
      startManager(hub),
      startManager(branch),
    ]);
    await enter(atHub, hubManager);
    await visit(atHub, 'Join');
    await atHub.getByLabel(/^Host name or IP address/).fill('127.0.0.1');
    await atHub.getByRole('button', { name: 'Make it a hub' }).click();
    await atHub.getByText('is a hub from its next start on').waitFor();
    await ServerProcess.start(hub.config);
    await atHub.getByLabel('Name of the branch').fill('lisbon');
    expect(await atHub.getByLabel(/^Address of this hub/).inputValue()).toBe('127.0.0.1');
    await atHub.getByRole('button', { name: 'Make an invitation' }).click();
    await atHub.getByRole('heading', { name: 'Invitation of lisbon' }).waitFor();
    const line = await atHub.getByLabel(/^Paste it at lisbon/).inputValue();
    await atHub.getByRole('button', { name: 'Copy' }).click();
    await atHub.getByText('Copied').waitFor();

    await enter(atBranch, branchManager);
    await visit(atBranch, 'Join');
    // As a mail program may have broken it.
    const broken = `${line.slice(0, 40)}\n${line.slice(40)}`;
    await atBranch.getByLabel(/^The line that the hub made/).fill(broken);
    await atBranch.getByRole('button', { name: 'Join it' }).click();
    await atBranch.getByText(/^Joined 127\.0\.0\.1:\d+ as lisbon/).waitFor();
    await atHub.getByText('Joined', { exact: true }).waitFor();
    await ServerProcess.start(branch.config);

    await atHub.getByRole('link', { name: 'See how lisbon is' }).click();
    await atHub.getByText('in sync', { exact: true }).waitFor();
    await atHub.getByRole('button', { name: 'Sync now' }).click();
    await atHub.getByText('lisbon has heard it').waitFor();
    await atHub.getByRole('link', { name: 'Revoke …' }).click();
    await atHub.getByLabel('Lock lisbon out').check();
    await atHub.getByRole('button', { name: 'Revoke' }).click();
    await atHub.getByText('lisbon is locked out.').waitFor();
    await atHub.getByText('revoked', { exact: true }).waitFor();

    const by = expect.stringMatching(/^administrator ada at /) as string;
    expect(await audited(hub, 'invited')).toMatchObject([
      { kind: 'invitation', name: 'lisbon', by },
    ]);
    expect(await audited(hub, 'revoked')).toMatchObject([{ kind: 'branch', name: 'lisbon', by }]);
    expect(await audited(branch, 'joined')).toMatchObject([{ kind: 'hub', name: 'primary', by }]);
  },
);

it('makes invitations only that a branch can use, shows their line once, and takes them back', async () => {
  const site = await demoSite(await tempFolder(), 'hub', true);
  await setLine(site, 'HubName', '127.0.0.1');
  const manager = await startManager(site);
  const ada = await signedIn(manager);
  expect(await pageText(ada, '/fleet')).toContain('Not a hub');
  expect((await ada.post('/join/hub', { name: 'no host' }, '/join')).status).toBe(422);
  expect((await ada.post('/join/hub', { name: '' }, '/join')).status).toBe(303);
  const wish = { name: 'porto', address: 'hub.example', hours: '48' };
  const invite = (change: Partial<typeof wish>): Promise<Response> =>
    ada.post('/join/invitations', { ...wish, ...change }, '/join');
  expect((await invite({ name: '<b>porto</b>' })).status).toBe(400);
  expect((await invite({ address: 'hub.example/x y' })).status).toBe(400);
  expect((await invite({ hours: '721' })).status).toBe(400);
  expect((await invite({ hours: '0' })).status).toBe(400);
  const made = await invite({});
  expect(made.status).toBe(303);
  const address = made.headers.get('location') ?? '';
  expect(await pageText(ada, address)).toContain('branchline-join-1.');
  expect(await pageText(ada, '/fleet')).toMatch(/does not answer[\s\S]*porto[\s\S]*invited/);
  expect(await pageText(ada, '/join')).not.toContain('branchline-join-1.e');

  // Nobody gets at it without the sign-in, and nobody by a form of another session.
  const stranger = await fetch(new URL(address, manager.base), { redirect: 'manual' });
  expect(stranger.status).toBe(303);
  expect((await ada.send(`${address}/withdraw`, {})).status).toBe(403);
  expect((await ada.post(`${address}/withdraw`, {}, '/join')).status).toBe(303);
  expect((await ada.get(address)).status).toBe(403);
  expect(await pageText(ada, '/join')).toContain('None is open');
  expect((await ada.post(`${address}/withdraw`, {}, '/join')).status).toBe(403);
});

it('says why a line cannot be used, and keeps it out of the audit log', async () => {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const ada = await signedIn(await startManager(site));
  const secret = 'branchline-join-1.c2VjcmV0.AAAAAAAA';
  const answer = await ada.post('/join/here', { line: secret, peer: 'primary' }, '/join');
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('JOIN_STRING_INVALID');
  expect((await ada.post('/join/here', { line: ' ' }, '/join')).status).toBe(400);
  expect(JSON.stringify(await audited(site, 'joined'))).not.toContain('c2VjcmV0');
});
