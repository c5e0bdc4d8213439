import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { browserProgram } from '../support/browser.ts';
import {
  administrator,
  enter,
  openWindow,
  signedIn,
  startManager,
  Visitor,
} from '../support/manager.ts';
import { command, ServerProcess } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '2001_96xxdata.txt';
const agent = 'AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e85a) <script>alert(1)</script>';

/** A branch whose telephone has saved three times, and has asked for a file that nobody would name so. */
async function lived(): Promise<DemoSite> {
  const site = await demoSite(await tempFolder(), 'lisbon', false);
  await appendFile(site.config, '[UPLOADS]\nHTTPBackup=1\nHTTPBackupProof=none\n');
  const tree = path.join(site.folder, 'data', 'HTTPdata');
  await mkdir(tree, { recursive: true });
  await writeFile(path.join(tree, '46xxsettings.txt'), 'SET NVHTTPSRVR 10.1.1.1\n');
  await writeFile(path.join(tree, 'HTTP_allow_IP.txt'), '127.0.0.1\n');
  const server = await ServerProcess.start(site.config);
  const ask = async (file: string, body?: string): Promise<void> => {
    const init = { headers: { 'user-agent': agent }, ...(body && { method: 'PUT', body }) };
    await (await fetch(`http://127.0.0.1:${site.httpPort}/${file}`, init)).arrayBuffer();
  };
  await ask('%3Cimg%20src=x%20onerror=alert(2)%3E.txt');
  for (const body of ['first', 'second', 'third']) await ask(name, body);
  expect(await server.stop()).toBe(0);
  return site;
}

it('shows telephones and their backups, restores one with a confirmation, and writes down who did it', async () => {
  const site = await lived();
  const manager = await startManager(site);
  const backup = `shelf=http&name=${name}`;
  for (const address of [
    '',
    '/127.0.0.1',
    '/backups',
    `/backup?${backup}`,
    `/backup/file?${backup}&version=current`,
  ])
    expect((await new Visitor(manager.base).get(`/phones${address}`)).status).toBe(303);

  const ada = await signedIn(manager);
  const text = async (address: string): Promise<string> => (await ada.get(address)).text();
  expect(await text('/phones')).toContain('href="/phones/127.0.0.1"');
  expect(await text('/phones?search=c81fea')).toContain('href="/phones/127.0.0.1"');
  expect(await text('/phones?search=%25')).toContain('None like that');
  const phone = await text('/phones/127.0.0.1?file=46xxsettings.txt');
  expect(phone).toContain('&lt;script&gt;alert(1)');
  expect(phone).not.toMatch(/<script>alert|<img/);
  expect(phone).toContain('granted by line 1 of HTTP_allow_IP.txt: 127.0.0.1');
  expect(phone).toContain('<bdi>NVHTTPSRVR</bdi>');
  const kept = await text('/phones/ask?ip=10.9.9.9&file=46xxsettings.txt');
  expect(kept).toContain('refused: no line of HTTP_allow_IP.txt names it');

  const history = await text(`/phones/backup?${backup}`);
  const versions = [...history.matchAll(/restore\?[^"]*version=(\w+)/g)].map(([, id = '']) => id);
  expect(versions).toHaveLength(2);
  const oldest = versions[1] ?? '';
  const file = await ada.get(`/phones/backup/file?${backup}&version=${oldest}`);
  expect([await file.text(), file.headers.get('content-disposition')]).toEqual([
    'first',
    `attachment; filename="${name}"; filename*=UTF-8''${name}`,
  ]);
  expect(file.headers.get('content-type')).toBe('application/octet-stream');

  const place = path.join(site.folder, 'data', 'HTTPbackup', name);
  const fields = { shelf: 'http', name, branch: '', version: oldest };
  expect((await ada.send('/phones/backup/restore', fields)).status).toBe(403);
  expect(await readFile(place, 'utf8')).toBe('third');
  const confirm = `/phones/backup/restore?${backup}&version=${oldest}`;
  expect(await text(confirm)).toContain('stays as a');
  expect((await ada.post('/phones/backup/restore', fields, confirm)).status).toBe(303);
  expect(await readFile(place, 'utf8')).toBe('first');
  expect(await text(`/phones/backup?${backup}`)).toContain('is what it was again');

  const { stdout } = await command('audit', '--json', '--config', site.config);
  const acts: unknown = JSON.parse(stdout);
  const by = `administrator ${administrator.name} at 127.0.0.1`;
  expect(acts).toMatchObject([
    ...['stored', 'stored', 'stored'].map((act) => ({ act })),
    { act: 'started', by, kind: 'session' },
    { act: 'fetched', by, name },
    { act: 'restored', by, name },
  ]);
});

it('has nothing at addresses that lead elsewhere', async () => {
  const manager = await startManager(await demoSite(await tempFolder(), 'lisbon', false));
  const ada = await signedIn(manager);
  for (const address of [
    'backup?shelf=ftp&name=../../state/api-token',
    'backup/file?shelf=ftp&name=..%2f..%2fMV_IPTel.ini&version=current',
    'backup/file?shelf=ftp&name=%00&version=current',
    'backup/file?shelf=ftp&name=2001_96xxdata.txt&version=../../x',
    'backup/file?shelf=branches&branch=..&name=state/branchline.db&version=current',
    'backup?shelf=etc&name=passwd',
    'backup?shelf=http&name=2001_96xxdata.txt',
    'backup/restore?shelf=ftp&name=none.txt&version=current',
    '..%2f..%2fetc%2fpasswd',
    'ask?ip=nowhere&file=x',
    'ask?ip=10.0.0.1&file=x&server=gopher',
  ]) {
    const answer = await ada.get(`/phones/${address}`);
    expect([address, answer.status]).toEqual([
      address,
      expect.toSatisfy((status: number) => [400, 403, 404].includes(status)) as number,
    ]);
    expect(await answer.text()).toContain('That did not work');
  }
});

it.skipIf(browserProgram === undefined).each([
  { how: 'with scripts', scripts: true, width: 1280, scheme: 'light' },
  { how: 'without scripts', scripts: false, width: 380, scheme: 'dark' },
] as const)('is done as a person would, $how (chromium)', async ({ scripts, width, scheme }) => {
  const site = await lived();
  const manager = await startManager(site);
  const page = await openWindow({ width, scripts, scheme });
  await enter(page, manager);
  await page.getByRole('link', { name: 'Phones' }).click();
  await page.getByLabel('Find').fill('J179');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('link', { name: '127.0.0.1' }).click();
  await page.getByLabel('File that it asks for').fill('46xxsettings.txt');
  await page.getByRole('button', { name: 'Tell' }).click();
  await page.getByRole('heading', { name: 'What its settings are in the end' }).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);

  await page
    .getByRole('link', { name: /^Restore/ })
    .last()
    .click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  await page.getByRole('button', { name: 'Restore it' }).click();
  await page.getByRole('status').getByText('is what it was again').waitFor();
  const place = path.join(site.folder, 'data', 'HTTPbackup', name);
  expect(await readFile(place, 'utf8')).toBe('first');
});
