import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { TreeDelivery, type Answer, type ServedFile } from '#libs/delivery';
import { loggerInto } from '#libs/observe';
import { tempTree, type Contents } from '../support/temp-tree.ts';

const phone = { tree: 'HTTP', address: '192.0.2.7' } as const;

async function serving(files: Contents): Promise<{
  root: string;
  find: (name: string) => Promise<ServedFile>;
  text: (name: string) => Promise<string>;
}> {
  const root = await tempTree(files);
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 1_000_000 });
  const find = (name: string): Promise<ServedFile> => delivery.find({ ...phone, name });
  return {
    root,
    find,
    async text(name) {
      const file = await find(name);
      await file.close();
      return file.bytes?.toString() ?? '';
    },
  };
}

it.each(['46xxsettings.txt', '/46xxsettings.txt', '//46xxsettings.txt', '\\46xxsettings.txt'])(
  'finds %j in the tree',
  async (name) => {
    const { text } = await serving({ '46xxsettings.txt': 'SET A 1' });
    expect(await text(name)).toBe('SET A 1');
  },
);

it.each(['firmware/A1.bin', 'firmware\\A1.bin', 'FIRMWARE/a1.BIN', 'firmware//A1.bin'])(
  'finds %j in a folder and names it as it is on disk',
  async (name) => {
    const { find } = await serving({ 'firmware/A1.bin': 'x' });
    const file = await find(name);
    await file.close();
    expect(file.name).toMatch(/^firmware\/A1\.bin$/);
  },
);

it('prefers the exact spelling, then the first in code unit order', async () => {
  const { text } = await serving({ 'a.txt': 'small', 'A.TXT': 'large', 'a.TXT': 'mixed' });
  expect(await text('a.TXT')).toBe('mixed');
  expect(await text('a.txt')).toBe('small');
  expect(await text('A.txt')).toBe('large');
});

it('looks into every folder whose name differs only in case', async () => {
  const { text } = await serving({ 'firmware/a.bin': 'a', 'Firmware/b.bin': 'b' });
  expect(await text('firmware/b.bin')).toBe('b');
  expect(await text('FIRMWARE/A.BIN')).toBe('a');
});

it('prefers the folder in the exact spelling', async () => {
  const { text } = await serving({ 'firmware/a.bin': 'exact', 'Firmware/a.bin': 'other' });
  expect(await text('firmware/A.BIN')).toBe('exact');
});

it('says once that two names differ only in case', async () => {
  const root = await tempTree({ 'a.txt': '1', 'A.TXT': '2' });
  const lines: string[] = [];
  const log = loggerInto('warn', { write: (line) => lines.push(line) });
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 1e6, log });
  for (const name of ['A.txt', 'a.TXT', 'A.txt']) await delivery.find({ ...phone, name });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('A.TXT');
});

it.each([
  ['', 'NOT_FOUND'],
  ['/', 'NOT_FOUND'],
  ['absent.txt', 'NOT_FOUND'],
  ['folder', 'NOT_FOUND'],
  ['a.txt/b.txt', 'NOT_FOUND'],
  ['absent/a.txt', 'NOT_FOUND'],
  ['../a.txt', 'PATH_OUTSIDE_TREE'],
  ['folder/../a.txt', 'PATH_OUTSIDE_TREE'],
  ['..\\a.txt', 'PATH_OUTSIDE_TREE'],
  ['C:\\a.txt', 'PATH_OUTSIDE_TREE'],
  ['.branchline/x', 'PATH_OUTSIDE_TREE'],
  ['.BRANCHLINE/x', 'PATH_OUTSIDE_TREE'],
  ['b.partial', 'PATH_OUTSIDE_TREE'],
  ['B.PARTIAL', 'PATH_OUTSIDE_TREE'],
  ['a.txt\0.jpg', 'NAME_MALFORMED'],
  ['NUL', 'NAME_MALFORMED'],
  ['com1.txt', 'NAME_MALFORMED'],
  ['a.txt:stream', 'NAME_MALFORMED'],
  ['a.txt.', 'NAME_MALFORMED'],
  ['x'.repeat(2000), 'NAME_MALFORMED'],
  ['out.txt', 'PATH_OUTSIDE_TREE'],
  ['OUT.txt', 'PATH_OUTSIDE_TREE'],
  ['outside/secret.txt', 'PATH_OUTSIDE_TREE'],
])('refuses %j with %s', async (name, code) => {
  const { root, find } = await serving({
    'a.txt': 'a',
    '.branchline/x': 'ours',
    'b.partial': 'half',
    'folder/b.txt': 'b',
  });
  const other = await tempTree({ 'secret.txt': 'secret' });
  await symlink(path.join(other, 'secret.txt'), path.join(root, 'out.txt'));
  await symlink(other, path.join(root, 'outside'));
  await expect(find(name)).rejects.toMatchObject({ code });
});

it('follows a link that stays inside', async () => {
  const { root, text } = await serving({ 'v2/a.bin': 'two' });
  await symlink('v2', path.join(root, 'current'));
  expect(await text('current/a.bin')).toBe('two');
});

it('has no files for a tree that was not set up', async () => {
  const delivery = new TreeDelivery({ trees: {}, cacheBytes: 0 });
  await expect(delivery.find({ ...phone, name: 'a.txt' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('reports each answer', async () => {
  const root = await tempTree({ 'a.txt': 'a' });
  const answers: Answer[] = [];
  const delivery = new TreeDelivery({
    trees: { HTTP: root },
    cacheBytes: 0,
    onAnswer: (answer) => answers.push(answer),
  });
  await delivery.find({ ...phone, name: 'A.TXT' });
  await expect(delivery.find({ ...phone, name: 'b.txt' })).rejects.toThrow();
  expect(answers).toEqual([
    { request: { ...phone, name: 'A.TXT' }, name: 'a.txt' },
    { request: { ...phone, name: 'b.txt' }, code: 'NOT_FOUND' },
  ]);
});

it('does not search a folder that is beyond measure, but serves its exact names', async () => {
  const root = await tempTree({ 'f1.txt': '1', 'f2.txt': '2', 'f3.txt': '3' });
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 0, maxNamesInFolder: 2 });
  expect((await delivery.find({ ...phone, name: 'f3.txt' })).name).toBe('f3.txt');
  await expect(delivery.find({ ...phone, name: 'F3.txt' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
