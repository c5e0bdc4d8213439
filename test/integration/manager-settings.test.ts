import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { verifyPassword } from '#libs/identity';
import { parseIni } from '#libs/settings';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, type Visitor } from '../support/manager.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = `"><script>alert(1)</script>`;

async function rig(...more: readonly string[]) {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  const lines = ['', '# ours: do not touch', ...more, ''];
  await writeFile(site.config, `${await readFile(site.config, 'utf8')}${lines.join('\n')}`);
  const manager = await startManager(site);
  return { site, manager, file: () => readFile(site.config, 'utf8') };
}

const versionIn = (page: string): string => /name="version" value="(\w+)"/.exec(page)?.[1] ?? '';

/** Post a form as it was shown, with some fields filled in otherwise. */
async function save(
  visitor: Visitor,
  fields: Record<string, string>,
  version?: string,
): Promise<Response> {
  const shown = version ?? versionIn(await (await visitor.get('/settings')).text());
  return await visitor.post('/settings', { version: shown, ...fields });
}

it('changes a key, says so, and leaves every other byte', async () => {
  const { manager, file } = await rig();
  const before = await file();
  const ada = await signedIn(manager);
  const answer = await save(ada, {
    'v:Settings/StatusRefresh': '7',
    'v:Settings/ServerName': 'lisbon',
    'v:HUB/HubPort': '',
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/settings']);
  expect(await (await ada.get('/settings')).text()).toContain('Saved: Settings/StatusRefresh.');
  const port = /StatusPort=\d+\n/.exec(before)?.[0] ?? '';
  expect(await file()).toBe(before.replace(port, `${port}StatusRefresh=7\n`));
});

it('shows every fault beside its field, and writes nothing', async () => {
  const { manager, file } = await rig();
  const before = await file();
  const ada = await signedIn(manager);
  const answer = await save(ada, {
    'v:Settings/StatusRefresh': hostile,
    'v:TFTP/TrivialFTPPort': '70000',
    'v:Settings/ServerName': 'fine',
    'v:FTP/SUPassword': 'short',
  });
  expect(answer.status).toBe(422);
  const page = await answer.text();
  expect(page).not.toContain(hostile);
  for (const id of ['settings-statusrefresh', 'tftp-trivialftpport', 'ftp-supassword']) {
    expect(page).toContain(`id="f-${id}-fault"`);
    expect(page).toContain(`aria-describedby="f-${id}-fault f-${id}-hint"`);
  }
  expect(page).not.toContain('id="f-settings-servername-fault"');
  expect(page.match(/autofocus/g)).toHaveLength(1);
  expect(page).toContain('value="fine"');
  expect(await file()).toBe(before);
});

it('keeps a password as its hash, and shows no secret', async () => {
  const { manager, file } = await rig('[SNMP]', 'Params=-v2c -cHiddenWord', '[HTTPS]');
  const ada = await signedIn(manager);
  const password = 'three secret words';
  expect((await save(ada, { 'v:FTP/SUPassword': password })).status).toBe(303);
  const stored = parseIni(await file()).get('FTP', 'SUPassword') ?? '';
  expect(stored).toMatch(/^\$scrypt\$/);
  expect(await verifyPassword(stored, password)).toBe(true);
  for (const path of ['/settings', '/settings/history', '/settings/history/2']) {
    const page = await (await ada.get(path)).text();
    expect(page).not.toMatch(/HiddenWord|three secret|scrypt/);
  }
  expect((await save(ada, { 'v:FTP/SUPassword': '', 'remove:FTP/SUPassword': '1' })).status).toBe(
    303,
  );
  expect(parseIni(await file()).get('FTP', 'SUPassword')).toBeUndefined();
});

it('refuses what comes after somebody else, shows his change and keeps what was filled in', async () => {
  const { site, manager, file } = await rig();
  const ada = await signedIn(manager);
  const shown = versionIn(await (await ada.get('/settings')).text());
  const other = `${await file()}[HTTPS]\nClientAuth=0\n`;
  await writeFile(site.config, other);
  const late = { 'v:Settings/ServerName': 'porto', 'v:HTTPS/ClientAuth': '' };
  const answer = await save(ada, late, shown);
  const page = await answer.text();
  expect([answer.status, page.includes('ClientAuth=0'), page.includes('value="porto"')]).toEqual([
    409,
    true,
    true,
  ]);
  expect(await file()).toBe(other);
  expect((await save(ada, late, versionIn(page))).status).toBe(303);
  expect((await save(ada, late, '0'.repeat(64))).status).toBe(409);
});

it('takes nothing without the token of the session, and no field that is no setting', async () => {
  const { manager, file } = await rig();
  const before = await file();
  const ada = await signedIn(manager);
  const fields = { 'v:Settings/ServerName': 'porto' };
  expect((await ada.send('/settings', fields)).status).toBe(403);
  expect((await ada.send('/settings/undo', { number: '1' })).status).toBe(403);
  expect((await save(ada, { 'v:Nobody/Knows': '1' })).status).toBe(422);
  expect((await save(ada, { 'v:Settings/ServerName': 'a\r\n[FTP]\r\nEnableSU=1' })).status).toBe(
    422,
  );
  expect(await file()).toBe(before);
});

it('finds settings without a script, and lists who changed what', async () => {
  const { manager } = await rig();
  const ada = await signedIn(manager);
  const found = await (await ada.get('/settings?find=trivialftpport')).text();
  expect(found.match(/class="setting"/g)).toHaveLength(1);
  const differing = await (await ada.get('/settings?differing=1')).text();
  expect(differing).toContain('StatusPort');
  expect(differing).not.toContain('LogMaxMB');
  await save(ada, { 'v:Settings/ServerName': 'porto' });
  const list = await (await ada.get('/settings/history')).text();
  expect(list).toContain('administrator ada');
  expect((await ada.get('/settings/history/99')).status).toBe(404);
});

it.skipIf(browserProgram === undefined).each([
  ['with scripts', true],
  ['without scripts', false],
])(
  'a person changes a setting %s, mends a fault, and takes it back (chromium)',
  async (_name, scripts) => {
    const { manager, file } = await rig();
    const before = await file();
    const page = await openWindow({ width: 1280, scripts });
    await enter(page, manager);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Find a setting').fill('statusrefresh');
    await page.getByLabel('Find a setting').press('Enter');
    const field = page.getByRole('textbox', { name: 'StatusRefresh' });
    await field.fill('often');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('nothing was written').waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('f-settings-statusrefresh');
    expect(await file()).toBe(before);
    await field.fill('30');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved: Settings/StatusRefresh.').waitFor();
    expect(await file()).toContain('StatusRefresh=30\n');
    await page.getByRole('link', { name: 'What it said before' }).click();
    await page.getByRole('link', { name: '1', exact: true }).click();
    await page.getByRole('button', { name: 'Bring version 1 back' }).click();
    await page.getByText('say again what version 1 said').waitFor();
    expect(await file()).toBe(before);
  },
);
