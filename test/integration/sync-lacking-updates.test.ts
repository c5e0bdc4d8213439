import { createHash } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ContentStore, makeFolder } from '#libs/files';
import { Journal, UpdatesTable } from '#libs/journal';
import { loggerInto, silentLogger } from '#libs/observe';
import { LackingUpdates, Updates } from '#libs/sync';
import { tempFolder } from '../support/temp-folder.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a server has published on its own, and then as a hub with a store of its own. */
async function laterHub(names: readonly string[]) {
  const root = await tempFolder();
  const folder = path.join(root, 'Updates');
  await makeFolder(folder);
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const store = new ContentStore(path.join(root, 'store'));
  await store.prepare();
  const shared = {
    ...{ folder, table: new UpdatesTable(journal) },
    ...{ clock: { now: () => 1_000 }, log: silentLogger(), onChange: () => undefined },
  };
  const alone = new Updates(shared);
  for (const name of names) {
    await writeFile(path.join(folder, name), name);
    await alone.settle(name);
  }
  const updates = new Updates({ ...shared, store });
  const held: { wanted: boolean }[] = [];
  const refused: string[] = [];
  let told: () => void = () => undefined;
  const looked = { times: 0 };
  /** How many were said to be lacking, each time. */
  const warned: unknown[] = [];
  const write = (line: string): void => {
    const { files } = JSON.parse(line) as { files?: unknown };
    if (files !== undefined) warned.push(files);
  };
  const size = async (sha256: string): Promise<number | undefined> => {
    looked.times += 1;
    return await store.size(sha256);
  };
  const lacking = new LackingUpdates({
    ...{ updates, store: { size }, log: loggerInto('warn', { write }), retryMs: 10 },
    onRefused: (code) => {
      refused.push(code);
    },
    onHeld: (what) => {
      held.push(what);
      told();
    },
  });
  onTestFinished(() => lacking.stop());
  const heldAgain = async (): Promise<void> => {
    const next = Promise.withResolvers<undefined>();
    told = () => {
      next.resolve(undefined);
    };
    await next.promise;
  };
  return { folder, store, updates, lacking, held, refused, heldAgain, looked, warned };
}

it('puts what was published before there was a store into it, and has it signed only then', async () => {
  const hub = await laterHub(['a.zip', 'b.zip']);
  await hub.store.put(path.join(hub.folder, 'b.zip'));
  const filled = hub.heldAgain();
  await hub.lacking.start();
  expect(hub.updates.all().map((update) => hub.lacking.maySign(update))).toEqual([false, true]);
  await filled;
  expect(hub.updates.all().map((update) => hub.lacking.maySign(update))).toEqual([true, true]);
  expect(await readFile(hub.store.pathOf(sha('a.zip')), 'utf8')).toBe('a.zip');
  expect(hub.held).toEqual([{ wanted: false }]);
  expect(hub.updates.find('a.zip')).toMatchObject({ publishedAt: 1_000, origin: 'local' });
});

it('puts a content that was lost or cut short there again when a branch has missed it', async () => {
  const hub = await laterHub(['a.zip', 'b.zip']);
  const filled = hub.heldAgain();
  await hub.lacking.start();
  await filled;
  const targets = hub.updates.all().map(({ name, sha256 }) => ({ name, sha256 }));
  hub.updates.noteRelease(1, targets);
  const again = hub.heldAgain();
  await rm(hub.store.pathOf(sha('a.zip')));
  await writeFile(hub.store.pathOf(sha('b.zip')), 'b');
  hub.lacking.missed();
  await again;
  expect(hub.held.at(-1)).toEqual({ wanted: true });
  for (const name of ['a.zip', 'b.zip'])
    expect(await readFile(hub.store.pathOf(sha(name)), 'utf8')).toBe(name);
});

it('leaves a file that is gone or was changed to the watch of Updates, and goes on with the others', async () => {
  const hub = await laterHub(['changed.zip', 'gone.zip', 'here.zip']);
  await appendFile(path.join(hub.folder, 'changed.zip'), '!');
  await rm(path.join(hub.folder, 'gone.zip'));
  const filled = hub.heldAgain();
  await hub.lacking.start();
  await filled;
  expect(await hub.store.has(sha('here.zip'))).toBe(true);
  expect(hub.updates.find('changed.zip')?.sha256).toBe(sha('changed.zip'));
  expect(hub.refused).toEqual([]);

  // Taken in by the watch, as it would be: nothing is lacking any more.
  await hub.updates.settle('changed.zip');
  hub.updates.remove('gone.zip');
  expect(await hub.store.has(sha('changed.zip!'))).toBe(true);
  expect(hub.updates.all().every((update) => hub.lacking.maySign(update))).toBe(true);
});

it('says how many are lacking when that has changed, and not at each look', async () => {
  const hub = await laterHub(['gone.zip', 'here.zip']);
  await rm(path.join(hub.folder, 'gone.zip'));
  const filled = hub.heldAgain();
  await hub.lacking.start();
  await filled;
  await expect.poll(() => hub.warned).toEqual([2, 1]);
  const { times } = hub.looked;
  await expect.poll(() => hub.looked.times).toBeGreaterThan(times + 10);
  expect(hub.warned).toEqual([2, 1]);

  const whole = hub.heldAgain();
  hub.updates.remove('gone.zip');
  await whole;
  const again = hub.heldAgain();
  await rm(hub.store.pathOf(sha('here.zip')));
  hub.lacking.missed();
  await again;
  expect(hub.warned).toEqual([2, 1, 1]);
});
