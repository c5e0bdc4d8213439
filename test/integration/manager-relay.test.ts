import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Journal, OutgoingTable, SqliteLedger } from '#libs/journal';
import { browserProgram } from '../support/browser.ts';
import { enter, openWindow, signedIn, startManager, Visitor } from '../support/manager.ts';
import { sha256Of } from '../support/push-rig.ts';
import { command } from '../support/server-process.ts';
import { settingsFile } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = '<img src=x onerror=alert(1)>';

/** A server that does not run, with what it remembers. */
async function site(lines: string[], remember: (journal: Journal) => void | Promise<void>) {
  const root = await tempFolder('branchline-relay-');
  const config = await settingsFile(
    ...['[Settings]', `DataDir=${root}/data`, 'BindAddress=127.0.0.1'],
    ...lines,
    '',
  );
  await mkdir(path.join(root, 'state'));
  const use = async <T>(work: (journal: Journal) => T | Promise<T>): Promise<T> => {
    const journal = new Journal(path.join(root, 'state', 'branchline.db'));
    try {
      return await work(journal);
    } finally {
      journal.close();
    }
  };
  await use(remember);
  return { config, use };
}

const received = (branch: string, name: string) => ({
  ...{ branch, name, kind: 'cdr' as const, size: 3, sha256: sha256Of(branch + name) },
  ...{ storedAs: name, modifiedMs: 1, receivedAt: 1_000 },
});

/** A hub with a record that was delivered, one that was damaged, and one that waits, of a branch with a bad name. */
const hub = () =>
  site(['[BACKUP_SERVERS]', 'FileServer=1', 'CDRBackup=1'], async (journal) => {
    const ledger = new SqliteLedger(journal);
    await ledger.record([received('lisbon', 'a'), received('lisbon', 'b'), received(hostile, 'a')]);
    await ledger.delivered(1, 2_000);
    await ledger.damaged(2, 2_000);
  });

const undelivered = (journal: Journal): Promise<unknown> =>
  new SqliteLedger(journal)
    .undelivered('cdr', 10)
    .then((files) => files.map(({ branch, name }) => `${branch} ${name}`));

it('says what waits at a hub, and delivers again what a confirmed form chooses', async () => {
  const { config, use } = await hub();
  const manager = await startManager({ config });
  expect((await new Visitor(manager.base).get('/relay')).status).toBe(303);
  const ada = await signedIn(manager);
  const page = await (await ada.get('/relay')).text();
  for (const text of [
    'lisbon',
    '&lt;img',
    'damaged',
    'none lately',
    'Send once more',
    'No call records have come lately from',
  ])
    expect([text, page.includes(text)]).toEqual([text, true]);
  expect(page).not.toContain('<img');
  expect(await use(undelivered)).toEqual([`${hostile} a`]);

  const choice = { kind: 'cdr', name: 'a', branch: 'lisbon', since: '', delivered: '1' };
  const confirm = `/relay/resend?${new URLSearchParams(choice).toString()}`;
  expect(await (await ada.get(confirm)).text()).toContain('the collector gets what it has had');
  expect((await ada.send('/relay/resend', choice)).status).toBe(403);
  expect(await use(undelivered)).toEqual([`${hostile} a`]);
  expect((await ada.post('/relay/resend', choice, confirm)).status).toBe(303);
  expect(await use(undelivered)).toEqual(['lisbon a', `${hostile} a`]);
  expect(await (await ada.get('/relay')).text()).toContain('1 file will go once more');
  expect((await ada.get('/relay/resend?since=yesterday')).status).toBe(400);

  const { stdout } = await command('audit', '--json', '--config', config);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ act: 'resent', kind: 'cdr', name: 'a', branch: 'lisbon' }),
  );
});

it('offers again at a branch', async () => {
  const file = {
    ...{ kind: 'cdr' as const, name: 'b', size: 3, modifiedMs: 1, sha256: sha256Of('b') },
    noticedAt: 1_000,
  };
  const { config, use } = await site(
    ['[BACKUP_SERVERS]', 'UsePrimarySvr=1', 'PrimaryIP=hub.example', 'CDRBackup=1'],
    (journal) => {
      const table = new OutgoingTable(journal);
      table.record([file]);
      table.noteLedger('primary', 'L');
      table.acknowledge('L', [file], 5_000);
    },
  );
  const ada = await signedIn(await startManager({ config }));
  const choice = { kind: '', name: '', branch: '', since: '1970-01-01', delivered: '' };
  expect((await ada.post('/relay/resend', choice, '/relay/resend')).status).toBe(303);
  const waiting = await use((journal) => new OutgoingTable(journal).total('cdr', ['L']));
  expect(waiting).toMatchObject({ files: 1, waiting: 1 });
});

it.skipIf(browserProgram === undefined).each([
  { how: 'with scripts', scripts: true, width: 1280, scheme: 'light' },
  { how: 'without scripts', scripts: false, width: 380, scheme: 'dark' },
] as const)('is done as a person would, $how (chromium)', async ({ scripts, width, scheme }) => {
  const { config, use } = await hub();
  const page = await openWindow({ width, scripts, scheme });
  await enter(page, await startManager({ config }));
  await page.getByRole('link', { name: 'Relay' }).click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  await page.getByLabel('Of which branch').fill('lisbon');
  await page.getByLabel('Delivered ones').selectOption('1');
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('button', { name: 'Send them once more' }).click();
  await page.getByText('2 files will go once more').waitFor();
  expect(await use(undelivered)).toEqual(['lisbon a', 'lisbon b', `${hostile} a`]);
});
