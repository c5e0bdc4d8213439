import { open, readdir, rename, stat, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { TreeDelivery, type ServedFile } from '#libs/delivery';
import { settledClock } from '../support/settled-clock.ts';
import { plant, tempTree, type Contents } from '../support/temp-tree.ts';

const small = 100;

interface Bench {
  readonly root: string;
  readonly delivery: TreeDelivery;
  readonly find: (name: string) => Promise<ServedFile>;
}

async function bench(files: Contents, cacheBytes = 1_000_000): Promise<Bench> {
  const root = await tempTree(files);
  const delivery = new TreeDelivery({ trees: { TFTP: root }, cacheBytes, cacheFileBytes: small });
  const find = (name: string): Promise<ServedFile> =>
    delivery.find({ tree: 'TFTP', name, address: '192.0.2.7' });
  return { root, delivery, find };
}

async function contentOf(file: ServedFile): Promise<string> {
  const target = Buffer.alloc(7);
  let text = '';
  for (let count = -1; count !== 0;) {
    count = await file.read(target, text.length);
    text += target.toString('utf8', 0, count);
  }
  await file.close();
  return text;
}

const replace = async (root: string, name: string, content: string): Promise<void> => {
  await plant(root, { [`${name}.new`]: content });
  await rename(path.join(root, `${name}.new`), path.join(root, name));
};

const descriptorsOn = async (root: string): Promise<number> => {
  const { readlink } = await import('node:fs/promises');
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((link) => link.startsWith(root)).length;
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it.each([
  ['small', 'seven b'],
  ['empty', ''],
  ['large', 'a line of a large file\n'.repeat(50)],
])('reads a %s file piece by piece', async (_, content) => {
  const { find } = await bench({ a: content });
  const file = await find('a');
  expect(file).toMatchObject({ name: 'a', size: content.length });
  expect(file.bytes?.toString()).toBe(content.length > small ? undefined : content);
  expect(await contentOf(file)).toBe(content);
});

it('gives a strong, short entity tag that changes with the version', async () => {
  const { root, find } = await bench({ a: 'one', b: 'one' });
  const { etag, modifiedMs } = await find('a');
  expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
  const { mtimeMs } = await stat(path.join(root, 'a'), { bigint: true });
  expect(modifiedMs).toBe(Number(mtimeMs));
  expect((await find('a')).etag).toBe(etag);
  expect((await find('b')).etag).not.toBe(etag);
  await replace(root, 'a', 'two');
  expect((await find('a')).etag).not.toBe(etag);
});

it('holds the same bytes in memory for the next phone', async () => {
  const { find } = await bench({ a: 'one' });
  // Planting changed the file's status just now: until the clock has moved on it is read again.
  await expect
    .poll(async () => (await find('a')).bytes === (await find('a')).bytes, { interval: 20 })
    .toBe(true);
});

it('sees a change of equal length at equal modification time', async () => {
  const { root, find } = await bench({ a: 'one' });
  const place = path.join(root, 'a');
  for (let n = 0; n < 20; n += 1) {
    expect((await find('a')).bytes?.toString()).toBe(n % 2 === 0 ? 'one' : 'two');
    const { atime, mtime } = await stat(place);
    await writeFile(place, n % 2 === 0 ? 'two' : 'one');
    await utimes(place, atime, mtime);
  }
});

it('keeps to its measure of memory', async () => {
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, 'x'.repeat(90)]));
  const { delivery, find } = await bench(files, 10_000);
  await expect
    .poll(
      async () => {
        for (const name of Object.keys(files)) await find(name);
        return delivery.usage.bytes;
      },
      { interval: 20 },
    )
    .toBeGreaterThan(5000);
  expect(delivery.usage.bytes).toBeLessThanOrEqual(10_000);
});

it('gives all bytes of the old version to who began with it', async () => {
  const old = 'old '.repeat(100);
  const { root, find } = await bench({ a: old });
  const first = await find('a');
  expect(await first.read(Buffer.alloc(8), 0)).toBe(8);
  await replace(root, 'a', 'new '.repeat(90));
  const second = await find('a');
  expect(await contentOf(first)).toBe(old);
  expect(await contentOf(second)).toBe('new '.repeat(90));
});

it('gives all bytes of a file that is removed meanwhile', async () => {
  const { root, find } = await bench({ a: 'x'.repeat(500) });
  const file = await find('a');
  await unlink(path.join(root, 'a'));
  await expect(find('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await contentOf(file)).toBe('x'.repeat(500));
});

it.each([
  ['overwritten', (place: string) => writeFile(place, 'y'.repeat(500))],
  ['truncated', (place: string) => truncate(place, 300)],
  [
    'extended',
    async (place: string) => {
      const handle = await open(place, 'a');
      await handle.write('more');
      await handle.close();
    },
  ],
])('fails the download of a file that is %s in place', async (_, change) => {
  const { root, find } = await bench({ a: 'x'.repeat(500) });
  const file = await find('a');
  expect(await file.read(Buffer.alloc(100), 0)).toBe(100);
  await change(path.join(root, 'a'));
  await expect(file.read(Buffer.alloc(100), 100)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  await file.close();
});

it.skipIf(process.platform !== 'linux')(
  'holds one descriptor per version, and none when all are done',
  async () => {
    const { root, delivery, find } = await bench({ a: 'x'.repeat(500) });
    const files = await Promise.all(Array.from({ length: 40 }, () => find('a')));
    files.push(await find('A'));
    expect(await descriptorsOn(root)).toBe(1);
    expect(delivery.usage.descriptors).toBe(1);
    await replace(root, 'a', 'y'.repeat(500));
    files.push(await find('a'));
    expect(await descriptorsOn(root)).toBe(2);
    for (const file of files) await file.close();
    await expect.poll(() => descriptorsOn(root)).toBe(0);
    expect(delivery.usage.descriptors).toBe(0);
  },
);

it('serves who waited for a version that another closes at once', async () => {
  const { find } = await bench({ a: 'x'.repeat(500) });
  const hasty = find('a').then((file) => file.close());
  const late = Array.from({ length: 5 }, () => find('a'));
  await hasty;
  await nextTurn();
  for (const file of late) expect(await contentOf(await file)).toBe('x'.repeat(500));
});

it('shares looks at the disk among those who ask at once, without an old answer', async () => {
  const { root, find } = await bench({ a: 'one' });
  for (let n = 0; n < 50; n += 1) {
    const before = find('a');
    await replace(root, 'a', `version ${n}`);
    const after = await Promise.all([find('a'), find('a'), find('a')]);
    for (const file of after) expect(file.bytes?.toString()).toBe(`version ${n}`);
    await before;
  }
});

it('lets go of a small file that nobody asks for any more, and keeps one that is asked for', async () => {
  const root = await tempTree({ old: 'x'.repeat(90), new: 'seven b' });
  const delivery = new TreeDelivery({
    ...{ trees: { TFTP: root }, clock: settledClock, cacheBytes: 10_000, cacheIdleMs: 300 },
  });
  const find = (name: string): Promise<ServedFile> =>
    delivery.find({ tree: 'TFTP', name, address: '192.0.2.7' });
  const sizeOf = (bytes: number): number => bytes + 1_024;
  for (const name of ['old', 'new']) await find(name);
  expect(delivery.usage.bytes).toBe(sizeOf(90) + sizeOf(7));
  const usage = async (): Promise<number> => {
    await find('new');
    return delivery.usage.bytes;
  };
  await expect.poll(usage, { interval: 5 }).toBe(sizeOf(7));
  expect(await contentOf(await find('old'))).toBe('x'.repeat(90));
  await expect.poll(() => delivery.usage.bytes).toBe(0);
});
