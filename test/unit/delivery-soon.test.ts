import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { TreeDelivery, type PhoneRequest } from '#libs/delivery';
import { tempTree } from '../support/temp-tree.ts';

const request: PhoneRequest = { tree: 'HTTP', name: 'a.txt', address: '192.0.2.7' };

/** What is given out of memory: the text, 'changed' when it is no longer the same, 'ask' when `find` has to be asked. */
const soon = (delivery: TreeDelivery, asked = request): Promise<string> =>
  new Promise((resolve) => {
    const taken = delivery.findSoon(asked, (file) => {
      resolve(file?.bytes?.toString() ?? 'changed');
    });
    if (!taken) resolve('ask');
  });

/** Asked for until it is held in memory and given out of it. */
async function held(root: string): Promise<TreeDelivery> {
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 1_000_000 });
  await vi.waitFor(
    async () => {
      await (await delivery.find(request)).close();
      expect(await soon(delivery)).toBe('one');
    },
    { timeout: 5_000 },
  );
  return delivery;
}

it('is asked of find until the file is in memory', async () => {
  const root = await tempTree({ 'a.txt': 'one' });
  const delivery = new TreeDelivery({ trees: { HTTP: root }, cacheBytes: 1_000_000 });
  expect(await soon(delivery)).toBe('ask');
  expect(await soon(delivery, { ...request, name: '../a.txt' })).toBe('ask');
});

it('gives what is in memory only as long as it is what lies on the disk', async () => {
  const root = await tempTree({ 'a.txt': 'one', 'b.txt': 'two' });
  const delivery = await held(root);
  await rename(path.join(root, 'b.txt'), path.join(root, 'a.txt'));
  expect(['changed', 'ask']).toContain(await soon(delivery));
  expect((await delivery.find(request)).bytes?.toString()).toBe('two');
  await rm(path.join(root, 'a.txt'));
  expect(['changed', 'ask']).toContain(await soon(delivery));
});

it('gives everybody who asks in one turn the same', async () => {
  const root = await tempTree({ 'a.txt': 'one' });
  const delivery = await held(root);
  expect(await Promise.all([soon(delivery), soon(delivery)])).toEqual(['one', 'one']);
});

it('gives nothing out of memory to a telephone that is not in the list', async () => {
  const root = await tempTree({ 'a.txt': 'one', 'allow_IP.txt': '192.0.2.7\n' });
  const delivery = await held(root);
  expect(await soon(delivery, { ...request, address: '192.0.2.8' })).toBe('ask');
});

it('holds a list that was added to everybody within a second', async () => {
  const root = await tempTree({ 'a.txt': 'one' });
  const delivery = await held(root);
  await writeFile(path.join(root, 'HTTP_allow_IP.txt'), '192.0.2.9\n');
  await vi.waitFor(
    async () => {
      await delivery.find(request).catch(() => undefined);
      expect(await soon(delivery)).toBe('ask');
      await expect(delivery.find(request)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    },
    { timeout: 5_000, interval: 100 },
  );
});
