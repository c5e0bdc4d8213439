import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ContentStore, makeFolder } from '#libs/files';
import { Journal, UpdatesTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import {
  EarlierFiles,
  Updates,
  UpdatesMirror,
  type UpdateAct,
  type UpdateChange,
} from '#libs/sync';
import { fetched, sha256Of } from '../support/fetched-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { signal } = new AbortController();

interface Rig {
  readonly folder: string;
  readonly updates: Updates;
  readonly mirror: UpdatesMirror;
  readonly store: ContentStore | undefined;
  readonly acts: UpdateAct[];
  readonly changes: UpdateChange[];
  /** As an administrator does by copying. */
  readonly put: (name: string, bytes: string) => Promise<void>;
  /** What a server without a store has kept. */
  readonly kept: () => Promise<string[]>;
}

async function rigOf(kind: 'hub' | 'branch', calledOff = false): Promise<Rig> {
  const root = await tempFolder();
  const folder = path.join(root, 'Updates');
  await makeFolder(folder);
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const store = kind === 'hub' ? new ContentStore(path.join(root, 'store')) : undefined;
  await store?.prepare();
  const changes: UpdateChange[] = [];
  const acts: UpdateAct[] = [];
  const log = silentLogger();
  const updates = new Updates({
    ...{ folder, table: new UpdatesTable(journal), clock: systemClock, log },
    ...(store && { store }),
    onChange: (change) => changes.push(change),
  });
  const mirror = new UpdatesMirror({
    ...{ updates, earlier: new EarlierFiles(folder), log },
    onAct: (act) => {
      if (calledOff) return Promise.reject(new Error('no audit'));
      acts.push(act);
      return Promise.resolve();
    },
  });
  const earlier = path.join(folder, '.branchline', 'earlier');
  return {
    ...{ folder, updates, mirror, store, acts, changes },
    put: async (name, bytes) => {
      await writeFile(path.join(folder, name), bytes);
      await updates.settle(name);
    },
    kept: async () =>
      await Promise.all(
        (await readdir(earlier)).map((name) => readFile(path.join(earlier, name), 'utf8')),
      ),
  };
}

it('lists what was published here with its digest, and leaves what a hub above has signed', async () => {
  const { mirror, updates, put, folder } = await rigOf('hub');
  await put('a.zip', 'of an administrator');
  const partial = path.join(folder, '.branchline.partial');
  await writeFile(partial, 'from above');
  const above = { name: 'b.zip', size: 10, sha256: sha256Of('from above'), publishedAt: 5 };
  await updates.adopt(partial, above);
  const [a, b] = await mirror.list();
  expect(a).toEqual({ name: 'a.zip', size: 19, modifiedMs: updates.find('a.zip')?.publishedAt });
  expect(a && mirror.digestOf(a)).toBe(sha256Of('of an administrator'));
  expect(a && mirror.digestOf({ ...a, size: 20 })).toBeUndefined();
  expect(mirror.isMirrored({ ...above, name: 'a.zip', modifiedMs: 0 })).toBe(true);
  expect(b && mirror.isMirrored({ ...b, sha256: above.sha256 })).toBe(false);
  expect(mirror.pathOf('a.zip')).toBe(path.join(folder, 'a.zip'));
  expect(() => mirror.pathOf('../x')).toThrow(expect.objectContaining({ code: 'NAME_MALFORMED' }));
});

it('takes an update under the day of its publication, signs it at a hub, and can go back', async () => {
  const { mirror, updates, store, put, folder, acts, changes } = await rigOf('hub');
  await put('a.zip', 'old');
  const modifiedMs = Date.now() + 1_000;
  const files = [
    await fetched(mirror, 'a.zip', 'new', { replaces: 'old', modifiedMs }),
    await fetched(mirror, 'b.zip', 'another'),
  ];
  expect(await mirror.take(files, signal)).toEqual(new Set(['a.zip', 'b.zip']));
  expect(await readFile(path.join(folder, 'a.zip'), 'utf8')).toBe('new');
  expect(updates.find('a.zip')).toMatchObject({ publishedAt: modifiedMs, origin: 'local' });
  expect(await store?.has(sha256Of('new'))).toBe(true);
  expect(updates.earlier('a.zip')).toMatchObject([{ sha256: sha256Of('old') }]);
  expect(changes.slice(1)).toMatchObject([
    { kind: 'added', meant: true, replaces: { sha256: sha256Of('old') } },
    { kind: 'added', meant: true },
  ]);
  expect(acts.map(({ act, name }) => `${act} ${name}`)).toEqual([
    'published a.zip',
    'published b.zip',
  ]);
  expect(await readdir(mirror.incoming)).toEqual([]);
  // The watch on the folder finds nothing new.
  expect(await updates.isSettled('a.zip')).toBe(true);
});

it('passes over what is no longer as it was, or is just being taken in', async () => {
  const { mirror, updates, put, folder } = await rigOf('branch');
  await put('a.zip', 'newer');
  await put('edited.zip', 'old');
  await writeFile(path.join(folder, 'edited.zip'), 'by hand, not settled');
  await writeFile(path.join(folder, 'fresh.zip'), 'by hand, not settled');
  const files = [
    await fetched(mirror, 'a.zip', 'theirs', { replaces: 'old' }),
    await fetched(mirror, 'edited.zip', 'theirs', { replaces: 'old' }),
    await fetched(mirror, 'fresh.zip', 'theirs'),
    await fetched(mirror, 'gone.zip', 'theirs', { replaces: 'old' }),
  ];
  expect(await mirror.take(files, signal)).toEqual(new Set());
  expect(await readFile(path.join(folder, 'a.zip'), 'utf8')).toBe('newer');
  expect(await readFile(path.join(folder, 'edited.zip'), 'utf8')).toMatch(/^by hand/);
  expect(await readFile(path.join(folder, 'fresh.zip'), 'utf8')).toMatch(/^by hand/);
  expect(updates.find('gone.zip')).toBeUndefined();
  expect(await mirror.remove('edited.zip', sha256Of('old'))).toBe(false);
  expect(await mirror.remove('a.zip', sha256Of('old'))).toBe(false);
  expect(await mirror.remove('never.zip', sha256Of('old'))).toBe(false);
  const bad = await fetched(mirror, '../x.zip', 'theirs');
  await expect(mirror.take([bad], signal)).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
});

it('does nothing that cannot be written down', async () => {
  const { mirror, updates, put, folder } = await rigOf('hub', true);
  await put('a.zip', 'old');
  const file = await fetched(mirror, 'a.zip', 'new', { replaces: 'old' });
  await expect(mirror.take([file], signal)).rejects.toThrow('no audit');
  await expect(mirror.remove('a.zip', sha256Of('old'))).rejects.toThrow('no audit');
  expect(await readFile(path.join(folder, 'a.zip'), 'utf8')).toBe('old');
  expect(updates.find('a.zip')).toMatchObject({ sha256: sha256Of('old') });
});

it('withdraws what was withdrawn there: at a hub it can be published again, a branch keeps the file', async () => {
  const hub = await rigOf('hub');
  await hub.put('a.zip', 'last');
  expect(await hub.mirror.remove('a.zip', sha256Of('last'))).toBe(true);
  expect(hub.updates.find('a.zip')).toBeUndefined();
  expect(hub.updates.withdrawn(10)).toMatchObject([{ sha256: sha256Of('last') }]);
  expect(hub.changes.at(-1)).toEqual({ kind: 'removed', name: 'a.zip' });
  expect(hub.acts).toMatchObject([{ act: 'withdrawn', size: 4 }]);

  const branch = await rigOf('branch');
  await branch.put('a.zip', 'last');
  expect(await branch.mirror.remove('a.zip', sha256Of('last'))).toBe(true);
  expect(await branch.kept()).toEqual(['last']);
});

it('keeps what lost among the earlier versions, once', async () => {
  const hub = await rigOf('hub');
  await hub.put('a.zip', 'here');
  for (const text of ['lost', 'lost', 'here']) {
    await hub.mirror.keepVersion(await fetched(hub.mirror, 'a.zip', text));
  }
  expect(hub.updates.earlier('a.zip')).toMatchObject([{ sha256: sha256Of('lost') }]);
  expect(await hub.store?.has(sha256Of('lost'))).toBe(true);
  expect(await readdir(hub.mirror.incoming)).toEqual([]);

  const branch = await rigOf('branch');
  await branch.put('a.zip', 'here');
  for (const text of ['lost', 'lost'])
    await branch.mirror.keepVersion(await fetched(branch.mirror, 'a.zip', text));
  expect(await branch.kept()).toEqual(['lost']);
  await branch.mirror.take(
    [await fetched(branch.mirror, 'a.zip', 'new', { replaces: 'here' })],
    signal,
  );
  expect((await branch.kept()).toSorted()).toEqual(['here', 'lost']);
  for (let n = 0; n < 6; n += 1) {
    const file = await fetched(branch.mirror, 'a.zip', `${n}`);
    await utimes(file.path, 1, 1);
    await branch.mirror.keepVersion(file);
  }
  expect(await branch.kept()).toHaveLength(5);
});
