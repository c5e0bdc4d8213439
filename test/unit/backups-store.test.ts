import { createHash, randomBytes } from 'node:crypto';
import {
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Body, SettledBackup } from '#libs/backups';
import { BranchlineError } from '#libs/errors';
import { backupStore, bodyOf } from '../support/backup-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '2001_96xxdata.txt';
const sha256Of = (bytes: Buffer | string): string =>
  createHash('sha256').update(bytes).digest('hex');
const readIn = (folder: string, file = name): Promise<string> =>
  readFile(path.join(folder, file), 'utf8');
const incoming = (folder: string): Promise<string[]> =>
  readdir(path.join(folder, '.branchline', 'incoming'));

describe('saving', () => {
  it.each([0, 1, 65_536, 1_048_576, 1_048_577, 3_500_000])('%i bytes', async (size) => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    const bytes = randomBytes(size);
    const pieces = [
      bytes.subarray(0, 1000),
      bytes.subarray(1000, 700_000),
      bytes.subarray(700_000),
    ];
    const saved = await store.save(name, bodyOf(...pieces), { bytes: size });
    expect(saved).toMatchObject({ name, size, sha256: sha256Of(bytes), replaced: false });
    expect(bytes.equals(await readFile(path.join(folder, name)))).toBe(true);
    expect(store.bufferedBytes).toBe(0);
    expect(await incoming(folder)).toEqual([]);
  });

  it.each(['announced', 'unannounced'])('refuses what is too large (%s)', async (how) => {
    const folder = await tempFolder();
    const store = await backupStore(folder, { maxBytes: 10 });
    await store.save(name, bodyOf('0123456789'));
    const options = how === 'announced' ? { bytes: 11 } : {};
    await expect(store.save(name, bodyOf('0123456789', '0'), options)).rejects.toMatchObject({
      code: 'FILE_TOO_LARGE',
    });
    expect(await readIn(folder)).toBe('0123456789');
    expect(await incoming(folder)).toEqual([]);
  });

  it.each([
    ['fewer', ['1234']],
    ['more', ['123', '456']],
  ])('never stores %s bytes than announced', async (_, pieces) => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    await store.save(name, bodyOf('old'));
    await expect(store.save(name, bodyOf(...pieces), { bytes: 5 })).rejects.toMatchObject({
      code: 'LENGTH_MISMATCH',
    });
    expect(await readIn(folder)).toBe('old');
    expect(await incoming(folder)).toEqual([]);
    expect(await store.versions(name)).toEqual([]);
  });

  it.each([10, 2_000_000])('leaves nothing of a body that breaks after %i bytes', async (size) => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    const broken = new BranchlineError('PHONE_STOPPED', 'cut');
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    const body = async function* (): Body {
      yield randomBytes(size);
      throw broken;
    };
    await expect(store.save(name, body())).rejects.toBe(broken);
    expect(await readdir(folder)).toEqual(['.branchline']);
    expect(await incoming(folder)).toEqual([]);
    expect(store.bufferedBytes).toBe(0);
  });

  it('stops waiting for a body that is stuck', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    const stop = new AbortController();
    const body: Body = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const saving = store.save(name, body, { signal: stop.signal });
    stop.abort(new BranchlineError('INTERRUPTED', 'stop'));
    await expect(saving).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await incoming(folder)).toEqual([]);
  });

  it.each([
    ['../2001_96xxdata.txt', 'PATH_OUTSIDE_TREE'],
    ['.branchline/history/x', 'PATH_OUTSIDE_TREE'],
    ['a\0b', 'NAME_MALFORMED'],
    ['n'.repeat(300), 'NAME_MALFORMED'],
  ])('refuses the name %j', async (bad, code) => {
    const store = await backupStore(await tempFolder());
    await expect(store.save(bad, bodyOf('x'))).rejects.toMatchObject({ code });
    await expect(store.remove(bad)).rejects.toMatchObject({ code });
    await expect(store.versions(bad)).rejects.toMatchObject({ code });
  });

  it('lets two writers of one name take turns: one of them is current, the other a version', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder, { keepVersions: 50 });
    const texts = Array.from({ length: 20 }, (_, n) => `writer ${n} `.repeat(5000));
    await Promise.all(texts.map((text) => store.save(name, bodyOf(text))));
    const versions = await store.versions(name);
    expect(new Set(versions.map(({ version }) => version)).size).toBe(19);
    const kept = await Promise.all(
      versions.map(async ({ version }) => readFile(await store.pathOf(name, version), 'utf8')),
    );
    expect([...kept, await readIn(folder)].toSorted()).toEqual(texts.toSorted());
  });

  it('makes a folder again that somebody removed, and leaves no version of what failed', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    for (const text of ['one', 'two']) await store.save('logs/a.txt', bodyOf(text));
    await rm(path.join(folder, 'logs'), { recursive: true });
    await store.save('logs/a.txt', bodyOf('three'));
    expect(await readIn(folder, 'logs/a.txt')).toBe('three');
    await rm(path.join(folder, 'logs'), { recursive: true });
    await writeFile(path.join(folder, 'logs'), 'in the way');
    const before = await store.versions('logs/a.txt');
    await expect(store.save('logs/a.txt', bodyOf('four'))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    });
    expect(await store.versions('logs/a.txt')).toEqual(before);
  });

  it('takes away what an earlier process left half-written', async () => {
    const folder = await tempFolder();
    await backupStore(folder);
    await writeFile(path.join(folder, '.branchline', 'incoming', '.x.abc.partial'), 'half');
    await backupStore(folder);
    expect(await incoming(folder)).toEqual([]);
  });
});

describe('versions', () => {
  it('of what is replaced are kept, newest first, and can be made current again', async () => {
    const folder = await tempFolder();
    let now = Date.parse('2040-01-02T03:04:05.006Z');
    const store = await backupStore(folder, { clock: { now: () => (now += 1000) } });
    for (const text of ['one', 'two', 'three']) await store.save(name, bodyOf(text));
    const versions = await store.versions(name);
    expect(versions.map(({ size }) => size)).toEqual([3, 3]);
    const [two, one] = versions;
    expect(await readFile(await store.pathOf(name, one?.version ?? ''), 'utf8')).toBe('one');
    expect(two?.version).toMatch(/^20400102T0304\d{5}Z$/);

    const restored = await store.restore(name, one?.version ?? '');
    expect(restored).toMatchObject({ sha256: sha256Of('one'), replaced: true });
    expect(await readIn(folder)).toBe('one');
    expect((await store.versions(name)).map(({ size }) => size)).toEqual([5, 3, 3]);
  });

  it('go on in order when the clock goes back', async () => {
    const folder = await tempFolder();
    let now = 5_000_000_000_000;
    const store = await backupStore(folder, { clock: { now: () => (now -= 1000) } });
    for (const text of ['one', 'two', 'three', 'four']) await store.save(name, bodyOf(text));
    const sizes = (await store.versions(name)).map(({ size }) => size);
    expect(sizes.slice(0, 2)).toEqual([5, 3]);
  });

  it('are bounded in number and bytes', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder, { keepVersions: 3, keepBytes: 250 });
    for (let n = 0; n < 8; n += 1) await store.save(name, bodyOf(`${n}`.repeat(10)));
    expect(await store.versions(name)).toHaveLength(3);
    await store.save(name, bodyOf('x'.repeat(200)));
    await store.save(name, bodyOf('y'.repeat(200)));
    expect((await store.versions(name)).map(({ size }) => size)).toEqual([200, 10, 10]);
    await store.save(name, bodyOf('z'));
    expect((await store.versions(name)).map(({ size }) => size)).toEqual([200]);
  });

  it('of a removed name stay, and bring it back', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    expect(await store.remove(name)).toBe(false);
    await store.save(name, bodyOf('only'));
    expect(await store.remove(name)).toBe(true);
    expect(await store.remove(name)).toBe(false);
    expect(await store.list(10)).toEqual([]);
    expect(await store.list(10, { removed: true })).toEqual([
      { name, size: undefined, created: undefined },
    ]);
    const [version] = await store.versions(name);
    expect(await store.restore(name, version?.version ?? '')).toMatchObject({ replaced: false });
    expect(await readIn(folder)).toBe('only');
  });

  it('include a file that somebody else had put there', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    for (const text of ['one', 'two']) await store.save(name, bodyOf(text));
    await writeFile(path.join(folder, 'new'), 'by hand');
    // A second name of the same file, as snapshots have, makes it no version of ours.
    await link(path.join(folder, 'new'), path.join(folder, 'snapshot'));
    await utimes(path.join(folder, 'new'), 2_000_000_000, 2_000_000_000);
    await rename(path.join(folder, 'new'), path.join(folder, name));
    await store.save(name, bodyOf('three'));
    const texts = await Promise.all(
      (await store.versions(name)).map(async ({ version }) =>
        readFile(await store.pathOf(name, version), 'utf8'),
      ),
    );
    expect(texts.toSorted()).toEqual(['by hand', 'one', 'two']);
  });

  it('do not meet those of a name below it', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder);
    for (const odd of ['a', 'b/c', 'a.versions/b', 'a.versions/b.versions']) {
      await store.save(odd, bodyOf('old'));
      await store.save(odd, bodyOf('newer'));
      expect(await store.versions(odd)).toHaveLength(1);
      await store.remove(odd);
    }
    expect((await store.list(10, { removed: true })).map((listed) => listed.name)).toEqual([
      'a',
      'a.versions/b',
      'a.versions/b.versions',
      'b/c',
    ]);
  });

  it.each(['20260102T030405006Z', '../../x', ''])('know no %j', async (version) => {
    const store = await backupStore(await tempFolder());
    await store.save(name, bodyOf('x'));
    await expect(store.restore(name, version)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('limits', () => {
  it('of names hold, also over a restart, and count what was removed and can be restored', async () => {
    const folder = await tempFolder();
    const limits = { maxFiles: 2, clock: { now: () => 0 } };
    const store = await backupStore(folder, limits);
    await store.save('a', bodyOf('1'));
    await store.save('b', bodyOf('1'));
    await store.remove('b');
    const again = await backupStore(folder, limits);
    for (const full of [store, again]) {
      await expect(full.save('c', bodyOf('1'))).rejects.toMatchObject({ code: 'BACKUPS_TOO_MANY' });
      await full.save('a', bodyOf('2'));
      await full.save('b', bodyOf('2'));
    }
    expect((await store.list(10)).map((listed) => listed.name)).toEqual(['a', 'b']);
  });

  it('of bytes hold, and room that was made counts within a minute', async () => {
    const folder = await tempFolder();
    let now = 0;
    const store = await backupStore(folder, { maxTotalBytes: 10, clock: { now: () => now } });
    await store.save('a', bodyOf('123456'));
    await expect(store.save('b', bodyOf('12345'))).rejects.toMatchObject({
      code: 'BACKUPS_TOO_MANY',
    });
    await store.save('a', bodyOf('12345'));
    await store.save('b', bodyOf('12345'));
    await mkdir(path.join(folder, '.branchline', 'elsewhere'));
    await rename(path.join(folder, 'a'), path.join(folder, '.branchline', 'elsewhere', 'a'));
    now = 60_000;
    await store.save('c', bodyOf('12345'));
  });

  it('leave a reserve of the disk', async () => {
    const store = await backupStore(await tempFolder(), { reserveBytes: Number.MAX_SAFE_INTEGER });
    await expect(store.save(name, bodyOf('x'))).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it('of a list hold, page by page', async () => {
    const store = await backupStore(await tempFolder());
    for (const file of ['c', 'a', 'b/x', 'd']) await store.save(file, bodyOf('1'));
    const pages = [];
    for (let after = ''; ;) {
      const page = await store.list(3, { after });
      pages.push(page.map((listed) => listed.name));
      if (page.length < 3) break;
      after = page.at(-1)?.name ?? '';
    }
    expect(pages).toEqual([['a', 'b/x', 'c'], ['d']]);
  });
});

it('brings what was saved elsewhere under its own time, and never over what is newer here', async () => {
  const folder = await tempFolder();
  const store = await backupStore(folder);
  const savedAt = Date.now() - 60_000;
  expect(await store.bring('a.txt', bodyOf('of Lisbon'), savedAt)).toBe(true);
  expect((await stat(path.join(folder, 'a.txt'))).mtimeMs).toBe(savedAt);
  await store.save('a.txt', bodyOf('of here'));
  expect(await store.bring('a.txt', bodyOf('of Lisbon, again'), savedAt + 1)).toBe(false);
  expect(await readFile(path.join(folder, 'a.txt'), 'utf8')).toBe('of here');
  expect(await readdir(path.join(folder, '.branchline', 'incoming'))).toEqual([]);
});

it('keeps what was brought under the time at which it was saved, when it is replaced', async () => {
  const folder = await tempFolder();
  const store = await backupStore(folder);
  const old = Date.now() - 120_000;
  await store.bring(name, bodyOf('first'), old);
  const savedAt = Date.now() - 60_000;
  await store.bring(name, bodyOf('second'), savedAt);
  await store.save(name, bodyOf('third'));
  expect((await store.versions(name)).map(({ created }) => created)).toEqual([savedAt, old]);
  // By a clock that is ahead: not later than now, as what is saved here next would have to come after it.
  await store.bring(name, bodyOf('fourth'), Date.now() + 3_600_000);
  await store.save(name, bodyOf('fifth'));
  expect((await store.versions(name))[0]?.created).toBeLessThanOrEqual(Date.now());
});

describe('who is told', () => {
  it('knows of saves, restores and removals before they are acknowledged, in their order', async () => {
    const folder = await tempFolder();
    const told: SettledBackup[] = [];
    const store = await backupStore(folder, {
      onSettled: async (change) => {
        await turn();
        told.push(change);
      },
    });
    await store.save(name, bodyOf('one'));
    const { mtimeMs } = await stat(path.join(folder, name));
    expect(told).toEqual([{ name, size: 3, sha256: sha256Of('one'), modifiedMs: mtimeMs }]);
    await store.save(name, bodyOf('two'));
    const [version] = await store.versions(name);
    await store.restore(name, version?.version ?? '');
    expect(told.at(-1)).toMatchObject({ name, sha256: sha256Of('one') });
    await store.remove(name);
    expect(told.at(-1)).toEqual({ name, gone: true });
    expect(await store.remove(name)).toBe(false);
    expect(told).toHaveLength(4);
    const savedAt = Date.now() - 60_000;
    await store.bring('b', bodyOf('from the hub'), savedAt);
    await turn();
    expect(told.at(-1)).toMatchObject({ name: 'b', sha256: sha256Of('from the hub') });
  });

  it('is called in the order of the saves, and holds no later save when he is slow', async () => {
    const folder = await tempFolder();
    const answer = Promise.withResolvers<undefined>();
    const told: (string | undefined)[] = [];
    const store = await backupStore(folder, {
      onSettled: async (change) => {
        told.push('sha256' in change ? change.sha256 : undefined);
        if (told.length === 1) await answer.promise;
      },
    });
    let acknowledged = false;
    const first = store.save(name, bodyOf('one')).then(() => (acknowledged = true));
    while (told.length === 0) await turn();
    await store.save(name, bodyOf('two'));
    await store.remove(name);
    expect(acknowledged).toBe(false);
    expect(told).toEqual([sha256Of('one'), sha256Of('two'), undefined]);
    answer.resolve(undefined);
    await first;
  });

  it('fails no save that has succeeded', async () => {
    const folder = await tempFolder();
    const store = await backupStore(folder, {
      onSettled: () => Promise.reject(new BranchlineError('INTERRUPTED', 'away')),
    });
    expect(await store.save(name, bodyOf('one'))).toMatchObject({ size: 3 });
    expect(await store.remove(name)).toBe(true);
  });
});
