import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ContentStore } from '#libs/files';
import { Journal, UpdatesTable } from '#libs/journal';
import { silentLogger } from '#libs/observe';
import { Updates, UpdatesFolder, type UpdateChange } from '#libs/sync';
import { tempFolder } from '../support/temp-folder.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A hub's Updates folder with everything real around it, and its changes as they come. */
async function updatesRig(journalFile = ':memory:', folder?: string) {
  const root = folder ?? (await tempFolder());
  const updatesFolder = path.join(root, 'Updates');
  await mkdir(updatesFolder, { recursive: true });
  const journal = new Journal(journalFile);
  const store = new ContentStore(path.join(root, 'store'));
  await store.prepare();
  const changes: UpdateChange[] = [];
  const refused: string[] = [];
  let told: () => void = () => undefined;
  const updates = new Updates({
    folder: updatesFolder,
    table: new UpdatesTable(journal),
    store,
    clock: { now: () => 1_000 + changes.length },
    log: silentLogger(),
    onChange: (change) => {
      changes.push(change);
      told();
    },
  });
  const watcher = new UpdatesFolder({
    updates,
    settleMs: 20,
    rescanMs: 500,
    log: silentLogger(),
    onRefused: (code) => {
      refused.push(code);
      told();
    },
  });
  await watcher.start();
  const stop = async (): Promise<void> => {
    await watcher.stop();
    journal.close();
  };
  onTestFinished(() => watcher.stop());
  const until = async (reached: () => boolean): Promise<void> => {
    while (!reached()) {
      const next = Promise.withResolvers<undefined>();
      told = () => {
        next.resolve(undefined);
      };
      await next.promise;
    }
  };
  return { root, updatesFolder, updates, store, changes, refused, until, stop };
}

it('takes in a file once it stands still, and serves branches from a copy', async () => {
  const rig = await updatesRig();
  const file = path.join(rig.updatesFolder, 'firmware.zip');
  await writeFile(file, 'one');
  await rig.until(() => rig.changes.length === 1);
  expect(rig.updates.all()).toMatchObject([
    { name: 'firmware.zip', size: 3, sha256: sha('one'), origin: 'local' },
  ]);

  await writeFile(file, 'two!');
  await rig.until(() => rig.changes.length === 2);
  expect(rig.changes[1]).toMatchObject({ kind: 'added', replaces: { sha256: sha('one') } });
  expect(await readFile(rig.store.pathOf(sha('one')), 'utf8')).toBe('one');
  expect(await readFile(rig.store.pathOf(sha('two!')), 'utf8')).toBe('two!');
});

it('waits for a file that is still growing', async () => {
  const rig = await updatesRig();
  const file = path.join(rig.updatesFolder, 'slow.zip');
  let text = '';
  for (let n = 0; n < 20; n += 1) {
    await appendFile(file, `${n},`);
    text += `${n},`;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await rig.until(() => rig.updates.find('slow.zip')?.sha256 === sha(text));
});

it('forgets a file that is taken away, and takes it back when it returns', async () => {
  const rig = await updatesRig();
  const file = path.join(rig.updatesFolder, 'a.txt');
  await writeFile(file, 'a');
  await rig.until(() => rig.changes.length === 1);
  await rm(file);
  await rig.until(() => rig.changes.length === 2);
  expect(rig.changes[1]).toEqual({ kind: 'removed', name: 'a.txt' });
  expect(rig.updates.all()).toEqual([]);
});

it('leaves out what is not finished, what is ours, folders and names that no branch could write', async () => {
  const rig = await updatesRig();
  for (const name of ['.hidden', 'x.tmp', 'y.part', '~z', 'con.txt', 'good.txt']) {
    await writeFile(path.join(rig.updatesFolder, name), name);
  }
  await mkdir(path.join(rig.updatesFolder, 'folder.zip'));
  await symlink('/nowhere', path.join(rig.updatesFolder, 'dangling.zip'));
  await rig.until(() => rig.changes.length === 1 && rig.refused.length > 0);
  expect(rig.updates.all().map(({ name }) => name)).toEqual(['good.txt']);
  expect(new Set(rig.refused)).toEqual(new Set(['NAME_MALFORMED']));
});

it('keeps the first day of bytes that are only touched', async () => {
  const rig = await updatesRig();
  const file = path.join(rig.updatesFolder, 'a.txt');
  await writeFile(file, 'a');
  await rig.until(() => rig.changes.length === 1);
  const first = rig.updates.find('a.txt');
  await utimes(file, 5, 5);
  // A second file behind it shows when the touched one has been looked at.
  await writeFile(path.join(rig.updatesFolder, 'b.txt'), 'b');
  await rig.until(() => rig.updates.find('a.txt')?.modifiedMs === 5_000);
  expect(rig.updates.find('a.txt')?.publishedAt).toBe(first?.publishedAt);
  expect(
    rig.changes.filter((change) => change.kind === 'added' && change.update.name === 'a.txt'),
  ).toHaveLength(1);
});

it('hashes nothing again after a restart, and notices what changed meanwhile', async () => {
  const root = await tempFolder();
  const journalFile = path.join(root, 'branchline.db');
  const first = await updatesRig(journalFile, root);
  for (const name of ['a.txt', 'b.txt'])
    await writeFile(path.join(first.updatesFolder, name), name);
  await first.until(() => first.changes.length === 2);
  await first.stop();
  // If b.txt were read again its new bytes would show: size and time say that it is unchanged.
  const file = path.join(first.updatesFolder, 'b.txt');
  const known = first.changes.flatMap((change) => (change.kind === 'added' ? [change.update] : []));
  const seconds = (known.find(({ name }) => name === 'b.txt')?.modifiedMs ?? 0) / 1_000;
  await writeFile(file, 'B.TXT');
  await utimes(file, seconds, seconds);
  await rename(path.join(first.updatesFolder, 'a.txt'), path.join(first.updatesFolder, 'c.txt'));

  const second = await updatesRig(journalFile, root);
  await second.until(() => second.changes.length === 2);
  expect(second.changes.map(({ kind }) => kind).toSorted()).toEqual(['added', 'removed']);
  expect(second.updates.find('b.txt')?.sha256).toBe(sha('b.txt'));
});

it('adopts a fetched file under its name, and its watch finds nothing new', async () => {
  const rig = await updatesRig();
  const partial = path.join(rig.updatesFolder, '.branchline', 'x.partial');
  await mkdir(path.dirname(partial));
  await writeFile(partial, 'fetched');
  await rig.updates.adopt(partial, {
    name: 'f.zip',
    size: 7,
    sha256: sha('fetched'),
    publishedAt: 42,
  });
  await writeFile(path.join(rig.updatesFolder, 'marker.txt'), 'm');
  await rig.until(() => rig.changes.length === 2);
  expect(rig.updates.find('f.zip')).toMatchObject({ origin: 'upstream', publishedAt: 42 });
  expect(await readFile(rig.store.pathOf(sha('fetched')), 'utf8')).toBe('fetched');
});
