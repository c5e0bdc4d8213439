import { mkdir, rename, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { TreeDelivery, type TreeName } from '#libs/delivery';
import { loggerInto } from '#libs/observe';
import { plant, tempTree, type Contents } from '../support/temp-tree.ts';

const inside = '192.0.2.7';
const outside = '198.51.100.9';

interface Site {
  readonly root: string;
  readonly delivery: TreeDelivery;
  readonly lines: string[];
  /** A second and more passes. */
  readonly later: () => void;
  /** What the phone gets: the text, or the code of its refusal. */
  readonly ask: (address: string, name?: string, tree?: TreeName) => Promise<string>;
}

async function site(files: Contents): Promise<Site> {
  const root = await tempTree({ 'a.txt': 'a', ...files });
  const lines: string[] = [];
  let now = Date.now();
  const delivery = new TreeDelivery({
    trees: { TFTP: root, FTP: root, HTTP: root, HTTPS: root },
    cacheBytes: 1_000_000,
    log: loggerInto('info', { write: (line) => lines.push(line) }),
    clock: { now: () => now },
  });
  return {
    ...{ root, delivery, lines },
    later: () => (now += 1_000),
    async ask(address, name = 'a.txt', tree = 'HTTP') {
      try {
        const file = await delivery.find({ tree, name, address });
        await file.close();
        return file.bytes?.toString() ?? '';
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
    },
  };
}

it('serves every phone where there is no list', async () => {
  const { ask, delivery } = await site({});
  expect(await ask(outside)).toBe('a');
  await expect(delivery.admit({ tree: 'FTP', address: outside })).resolves.toBeUndefined();
});

it.each(['TFTP', 'FTP', 'HTTP', 'HTTPS'] as const)('%s goes by its own list', async (tree) => {
  const { ask, delivery } = await site({ [`${tree}_allow_IP.txt`]: inside });
  expect(await ask(inside, 'a.txt', tree)).toBe('a');
  expect(await ask(outside, 'a.txt', tree)).toBe('ACCESS_DENIED');
  await expect(delivery.admit({ tree, address: inside })).resolves.toBeUndefined();
  await expect(delivery.admit({ tree, address: outside })).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    meaning: { status: 403 },
  });
  for (const other of (['TFTP', 'FTP', 'HTTP', 'HTTPS'] as const).filter((one) => one !== tree)) {
    expect(await ask(outside, 'a.txt', other)).toBe('a');
  }
});

it('goes by the own list before the generic one, and by that where there is no other', async () => {
  const { ask } = await site({ 'allow_IP.txt': inside, 'HTTP_allow_IP.txt': outside });
  expect([await ask(inside), await ask(outside)]).toEqual(['ACCESS_DENIED', 'a']);
  expect([await ask(inside, 'a.txt', 'TFTP'), await ask(outside, 'a.txt', 'TFTP')]).toEqual([
    'a',
    'ACCESS_DENIED',
  ]);
});

it('finds a list in any case, the spelling of the Guide first, and says that there are two', async () => {
  const lower = await site({ 'http_ALLOW_ip.TXT': inside });
  expect(await lower.ask(outside)).toBe('ACCESS_DENIED');
  const two = await site({ 'HTTP_ALLOW_IP.TXT': outside, 'HTTP_allow_IP.txt': inside });
  expect([await two.ask(inside), await two.ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  expect(two.lines.join('')).toContain('"others":["HTTP_ALLOW_IP.TXT"]');
});

it('refuses who is not in the list without telling what is in the tree', async () => {
  const { ask } = await site({ 'allow_IP.txt': inside });
  for (const name of ['a.txt', 'absent.txt', '', '../a.txt', 'NUL', 'a.txt\0', '.branchline/x']) {
    expect([name, await ask(outside, name)]).toEqual([name, 'ACCESS_DENIED']);
  }
});

it('gives an access list to nobody', async () => {
  const { ask } = await site({ 'allow_IP.txt': inside, 'sub/HTTP_allow_IP.txt': 'x' });
  for (const name of [
    ...['allow_IP.txt', 'ALLOW_ip.TXT', '/allow_IP.txt', '\\allow_IP.txt', 'TFTP_allow_IP.txt'],
    ...[
      'FTP_allow_ip.txt',
      'HTTPS_allow_IP.txt',
      'sub/HTTP_allow_IP.txt',
      'sub\\http_allow_ip.txt',
    ],
  ]) {
    expect([name, await ask(inside, name)]).toEqual([name, 'ACCESS_DENIED']);
  }
  expect(await ask(inside, 'allow_IP.txt.bak')).toBe('NOT_FOUND');
});

it('reads a list again when it has changed, at most once a second', async () => {
  const { ask, root, later } = await site({ 'allow_IP.txt': inside });
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  await plant(root, { 'allow_IP.txt': outside });
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  later();
  expect([await ask(inside), await ask(outside)]).toEqual(['ACCESS_DENIED', 'a']);
  await plant(root, { 'new.txt': inside });
  await rename(path.join(root, 'new.txt'), path.join(root, 'HTTP_allow_IP.txt'));
  later();
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
});

it('believes that a list is gone when it is so for a second', async () => {
  const { ask, root, later, lines } = await site({
    'HTTP_allow_IP.txt': inside,
    'allow_IP.txt': '',
  });
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  await unlink(path.join(root, 'allow_IP.txt'));
  await unlink(path.join(root, 'HTTP_allow_IP.txt'));
  later();
  expect(await ask(outside)).toBe('ACCESS_DENIED');
  await plant(root, { 'HTTP_allow_IP.txt': outside });
  later();
  expect([await ask(inside), await ask(outside)]).toEqual(['ACCESS_DENIED', 'a']);
  await unlink(path.join(root, 'HTTP_allow_IP.txt'));
  later();
  expect(await ask(inside)).toBe('ACCESS_DENIED');
  later();
  expect(await ask(inside)).toBe('a');
  expect(lines.at(-1)).toContain('"level":"warn"');
});

it('goes by the generic list when its own one is gone', async () => {
  const { ask, root, later } = await site({
    ...{ 'HTTP_allow_IP.txt': inside, 'allow_IP.txt': outside },
  });
  await ask(inside);
  later();
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  await unlink(path.join(root, 'HTTP_allow_IP.txt'));
  for (let looks = 0; looks < 2; looks += 1) {
    later();
    await ask(inside);
  }
  expect([await ask(inside), await ask(outside)]).toEqual(['ACCESS_DENIED', 'a']);
  later();
  expect([await ask(inside), await ask(outside)]).toEqual(['ACCESS_DENIED', 'a']);
});

it.each<[string, (root: string) => Promise<unknown>]>([
  ['is a folder', (root) => mkdir(path.join(root, 'allow_IP.txt'))],
  ['is a link to nowhere', (root) => symlink('absent', path.join(root, 'allow_IP.txt'))],
  ['is a link out of the tree', (root) => symlink('/etc/hosts', path.join(root, 'allow_IP.txt'))],
  ['is too large', (root) => plant(root, { 'allow_IP.txt': `${inside}\n`.padEnd(300_000, '\n') })],
  ['is too long', (root) => plant(root, { 'allow_IP.txt': `${inside}\n`.repeat(10_001) })],
])('admits nobody by a list that %s, and says why', async (_, spoil) => {
  const { ask, root, lines } = await site({});
  await spoil(root);
  expect(await ask(inside)).toBe('ACCESS_DENIED');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"list":"allow_IP.txt"');
});

it('ignores a faulty line, names it once, and goes by the rest', async () => {
  const { ask, lines, later } = await site({ 'allow_IP.txt': `${inside}\n198.51.100.*\n` });
  expect([await ask(inside), await ask(outside)]).toEqual(['a', 'ACCESS_DENIED']);
  later();
  await ask(inside);
  const faults = lines.filter((line) => line.includes('ignored'));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(/"list":"allow_IP\.txt","line":2,"text":"198\.51\.100\.\*"/);
});

it('does not look at the disk for each request', async () => {
  const { ask, root, later } = await site({ 'allow_IP.txt': inside });
  expect(await ask(outside, 'x')).toBe('ACCESS_DENIED');
  await rename(root, `${root}-moved`);
  for (let n = 0; n < 100; n += 1) expect(await ask(outside, 'x')).toBe('ACCESS_DENIED');
  later();
  await ask(outside, 'x');
  later();
  expect(await ask(outside, 'x')).toBe('NOT_FOUND');
  await rename(`${root}-moved`, root);
});

it('tells the rule of each tree', async () => {
  const { delivery } = await site({ 'TFTP_allow_IP.txt': `${inside}\nx`, 'HTTP_allow_IP.txt': '' });
  expect(await delivery.rules()).toMatchObject([
    { tree: 'TFTP', rule: { kind: 'list', name: 'TFTP_allow_IP.txt', list: { faultCount: 1 } } },
    { tree: 'FTP', rule: { kind: 'open' } },
    { tree: 'HTTP', rule: { kind: 'list', list: { size: 0 } } },
    { tree: 'HTTPS', rule: { kind: 'open' } },
  ]);
});
