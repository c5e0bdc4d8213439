import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { listTree, resolveInside } from '#libs/files';
import { Journal, MirrorBook } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { MirrorScan, type MirroredFolder } from '#libs/sync';
import { sha256Of } from '../support/fetched-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { signal } = new AbortController();
const old = Date.now() - 60_000;

/** A folder of the mirror with real files, and which of them were read. */
async function rig() {
  const root = await tempFolder();
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const book = new MirrorBook(journal);
  const read: string[] = [];
  const emptied: [number, number][] = [];
  const published = new Set<string>();
  const folder: MirroredFolder = {
    ...{ area: 'http', root, incoming: path.join(root, 'in'), fileMode: 0o666, tells: false },
    list: () => listTree(root),
    pathOf: (name) => {
      read.push(name);
      return resolveInside(root, name);
    },
    isMirrored: ({ name }) => !published.has(name),
    take: () => Promise.resolve(new Set()),
    keepVersion: () => Promise.resolve(),
    remove: () => Promise.resolve(false),
  };
  const scan = new MirrorScan({
    ...{ book, clock: systemClock },
    onEmptied: (_, gone, of) => emptied.push([gone, of]),
  });
  const put = async (name: string, text: string, modifiedMs = old): Promise<void> => {
    await writeFile(path.join(root, name), text);
    await utimes(path.join(root, name), modifiedMs / 1000, modifiedMs / 1000);
  };
  return {
    ...{ book, emptied, published, read, root, put },
    look: () => scan.scan(folder, signal),
    remove: (name: string) => rm(path.join(root, name)),
    states: () => [...book.own('http').values()].map(({ name, state }) => `${name} ${state}`),
  };
}

it('notes what is there, and does not read again what has not changed', async () => {
  const { look, put, book, read, root } = await rig();
  await put('a', 'one');
  expect(await look()).toBe(true);
  const { mtimeMs } = await stat(path.join(root, 'a'));
  expect(book.find('http', 'a')).toMatchObject({
    ...{ sha256: sha256Of('one'), size: 3, modifiedMs: mtimeMs, state: 'here' },
  });
  read.length = 0;
  expect(await look()).toBe(false);
  expect(read).toEqual([]);
  await put('a', 'two', old + 1_000);
  expect(await look()).toBe(true);
  expect(book.find('http', 'a')?.sha256).toBe(sha256Of('two'));
});

it('passes over what was written a moment ago, until it rests', async () => {
  const { look, put, states } = await rig();
  await put('young', 'half', Date.now());
  expect(await look()).toBe(false);
  expect(states()).toEqual([]);
  await put('young', 'whole', old);
  expect(await look()).toBe(true);
  expect(states()).toEqual(['young here']);
});

it('notes a removal as a change, and what is put back as another', async () => {
  const { look, put, remove, states, book } = await rig();
  await put('a', 'one');
  await put('b', 'one');
  await look();
  await remove('a');
  expect(await look()).toBe(true);
  expect(states()).toEqual(['a gone', 'b here']);
  expect(await look()).toBe(false);
  const gone = book.find('http', 'a')?.mine ?? 0;
  await put('a', 'one');
  expect(await look()).toBe(true);
  expect(states()).toEqual(['a here', 'b here']);
  expect(book.find('http', 'a')?.mine).toBeGreaterThan(gone);
});

it('takes a few files that are all gone for removed', async () => {
  const { look, put, remove, states, emptied } = await rig();
  for (const name of ['a', 'b']) await put(name, 'one');
  await look();
  for (const name of ['a', 'b']) await remove(name);
  expect(await look()).toBe(true);
  expect(emptied).toEqual([]);
  expect(states()).toEqual(['a gone', 'b gone']);
});

it('tells nothing of a folder that is suddenly empty, and a little of what remains', async () => {
  const { look, put, remove, states, emptied, book } = await rig();
  const names = Array.from({ length: 30 }, (_, n) => `f${n}`);
  for (const name of names) await put(name, name);
  await look();
  for (const name of names.slice(0, 15)) await remove(name);
  // Half of them: somebody has removed them.
  await look();
  expect(emptied).toEqual([]);
  expect(states().filter((state) => state.endsWith('gone'))).toHaveLength(15);
  for (const name of names.slice(0, 15)) await put(name, name);
  await look();
  const before = book.newest;
  for (const name of names.slice(0, 21)) await remove(name);
  expect(await look()).toBe(false);
  expect(emptied).toEqual([[21, 30]]);
  expect(book.newest).toBe(before);
  expect(states()).toEqual(
    names
      .slice(21)
      .map((name) => `${name} here`)
      .toSorted(),
  );
});

it('says that a file is left once an update has put it there, and forgets it with the update', async () => {
  const { look, put, remove, states, published } = await rig();
  await put('a', 'one');
  await look();
  published.add('a');
  await put('a', 'of an update', old + 1_000);
  expect(await look()).toBe(true);
  expect(states()).toEqual(['a left']);
  await remove('a');
  await look();
  expect(states()).toEqual([]);
});
