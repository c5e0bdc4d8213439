import { cp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultLives, ReleaseKeys, ReleaseRepository } from '#libs/release';
import { parse, ReleaseHub, target, TestClock } from '../support/release-hub.ts';
import { tempTree } from '../support/temp-tree.ts';

const hour = 3_600_000;

describe('from hub to branch', () => {
  it('the targets that are published are the targets that arrive', async () => {
    const hub = await ReleaseHub.open();
    const targets = [target('b.zip'), target('a.zip'), target('__proto__'), target('42')];
    const { version } = await hub.repository.publish(targets);
    const branch = await hub.branch();
    const release = await branch.refresh(hub.fetch);
    expect(release).toMatchObject({ changed: true, version });
    expect(new Set(release.targets)).toEqual(new Set(targets));
    expect(branch.current()).toEqual({ version, targets: release.targets });
  });

  it('an empty set is a release too', async () => {
    const hub = await ReleaseHub.open();
    expect(hub.repository.version).toBe(0);
    expect(await hub.repository.publish([])).toEqual({ version: 1, changed: true });
    const branch = await hub.branch();
    expect(await branch.refresh(hub.fetch)).toEqual({ changed: true, version: 1, targets: [] });
  });

  it('an unchanged release costs one request, before and after a restart', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a.zip')]);
    const branch = await hub.branch();
    await branch.refresh(hub.fetch);
    hub.asked.length = 0;
    expect(await branch.refresh(hub.fetch)).toMatchObject({ changed: false, version: 1 });
    const reopened = await hub.reopened();
    expect(reopened.current()).toEqual(branch.current());
    expect(await reopened.refresh(hub.fetch)).toMatchObject({ changed: false, version: 1 });
    expect(hub.asked).toEqual(['timestamp.json', 'timestamp.json']);
  });

  it('a new signature over the same set is followed without a change of the set', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a.zip')]);
    const branch = await hub.branch();
    await branch.refresh(hub.fetch);
    hub.clock.advance(13 * hour);
    expect(await hub.repository.refresh()).toEqual({ signed: ['timestamp'], lacking: [] });
    expect(await branch.refresh(hub.fetch)).toMatchObject({ changed: false, version: 1 });
    hub.clock.advance(13 * hour);
    await expect(branch.refresh(hub.fetch)).resolves.toMatchObject({ changed: false });
  });

  it('a branch that has not joined is told so', async () => {
    const hub = await ReleaseHub.open();
    const branch = await hub.reopened();
    expect(branch.current()).toBeUndefined();
    await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code: 'NOT_JOINED' });
  });

  it('whoever polls all the time never meets an expired signature, in years of ours', async () => {
    const lives = { root: 8 * hour, targets: 4 * hour, snapshot: 2 * hour, timestamp: hour };
    const hub = await ReleaseHub.open(new TestClock(), undefined, { lives });
    await hub.repository.publish([target('a.zip')]);
    const branch = await hub.branch();
    for (let polls = 0; polls < 60; polls += 1) {
      hub.clock.advance(25 * 60_000);
      await hub.repository.refresh();
      await branch.refresh(hub.fetch);
    }
    expect(parse(hub.repository.root()).signed.version).toBeGreaterThan(3);
    expect((await hub.repository.publish([target('a.zip')])).changed).toBe(false);
  });
});

describe('a repository', () => {
  it('does nothing when the set is the same, in whatever order', async () => {
    const hub = await ReleaseHub.open();
    const targets = [target('a'), target('b'), target('10'), target('9')];
    await hub.repository.publish(targets);
    const before = await readdir(path.join(hub.folder, 'release'));
    expect(await hub.repository.publish(targets.toReversed())).toEqual({
      version: 1,
      changed: false,
    });
    const reopened = await ReleaseHub.open(hub.clock, hub.folder);
    expect((await reopened.repository.publish(targets)).changed).toBe(false);
    expect(await readdir(path.join(hub.folder, 'release'))).toEqual(before);
  });

  it.each([
    ['a name', { name: 'c' }],
    ['bytes', { sha256: 'f'.repeat(64) }],
    ['a size', { size: 7 }],
    ['a date', { published: 7 }],
  ])('notices another %s', async (_, change) => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a')]);
    expect(await hub.repository.publish([{ ...target('a'), ...change }])).toEqual({
      version: 2,
      changed: true,
    });
  });

  it.each(['../a', 'a/../b', '/a', 'a\\b', 'a\u0000b', 'a\nb', '', 'nul', '\ud800'])(
    'signs no target that is called %j, and keeps its release',
    async (name) => {
      const hub = await ReleaseHub.open();
      await hub.repository.publish([target('a')]);
      const attempt = hub.repository.publish([target('a'), { ...target('x'), name }]);
      await expect(attempt).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:NAME_MALFORMED|PATH_OUTSIDE_TREE)$/) as unknown,
      });
      expect(hub.repository.version).toBe(1);
    },
  );

  it('gives away its metadata, and nothing else', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([]);
    for (const name of ['1.root.json', '1.targets.json', '1.snapshot.json', 'timestamp.json']) {
      expect(await hub.repository.read(name)).toBeInstanceOf(Buffer);
    }
    for (const name of [
      '../keys/root.pem',
      'root.json',
      '01.root.json',
      '0.root.json',
      '2.root.json',
      '1.timestamp.json',
      '1.root.json/',
      '',
    ]) {
      expect(await hub.repository.read(name)).toBeUndefined();
    }
  });

  it('keeps the last ten versions, and every root', async () => {
    const lives = { ...defaultLives, root: hour };
    const hub = await ReleaseHub.open(new TestClock(), undefined, { lives });
    for (let count = 0; count < 13; count += 1) {
      await hub.repository.publish([target(`${count}`)]);
      hub.clock.advance(hour);
      await hub.repository.refresh();
    }
    const names = await readdir(path.join(hub.folder, 'release'));
    const count = (role: string): number =>
      names.filter((name) => name.endsWith(`.${role}.json`)).length;
    expect(count('targets')).toBe(10);
    expect(count('snapshot')).toBe(10);
    expect(count('root')).toBe(14);
    const branch = await hub.branch();
    expect((await branch.refresh(hub.fetch)).targets).toEqual([target('12')]);
  });

  it.each([[[]], [['timestamp.json']], [['timestamp.json', '2.snapshot.json']]])(
    'holds its old release after a crash before %j was there, and goes on',
    async (missing) => {
      const hub = await ReleaseHub.open();
      await hub.repository.publish([target('old')]);
      const branch = await hub.branch();
      await branch.refresh(hub.fetch);
      const folder = path.join(hub.folder, 'release');
      const before = path.join(hub.folder, 'before');
      await cp(folder, before, { recursive: true });
      await hub.repository.publish([target('new')]);
      for (const name of missing) {
        await rm(path.join(folder, name));
        await cp(path.join(before, name), path.join(folder, name)).catch(() => undefined);
      }
      const again = await ReleaseHub.open(hub.clock, hub.folder);
      const expected = missing.length === 0 ? 'new' : 'old';
      expect((await branch.refresh(again.fetch)).targets).toEqual([target(expected)]);
      await again.repository.publish([target('newest')]);
      expect((await branch.refresh(again.fetch)).targets).toEqual([target('newest')]);
      expect(await again.repository.read(`${again.repository.version}.targets.json`)).toBeDefined();
    },
  );

  it('says what is wrong when a file of its release is lost', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a')]);
    await rm(path.join(hub.folder, 'release', '1.snapshot.json'));
    await expect(ReleaseHub.open(hub.clock, hub.folder)).rejects.toMatchObject({
      code: 'RELEASE_MALFORMED',
    });
  });

  it('works one thing at a time, whoever asks', async () => {
    const hub = await ReleaseHub.open();
    const sets = ['a', 'b', 'c'].map((name) => hub.repository.publish([target(name)]));
    expect((await Promise.all(sets)).map(({ version }) => version)).toEqual([1, 2, 3]);
    const branch = await hub.branch();
    expect((await branch.refresh(hub.fetch)).targets).toEqual([target('c')]);
  });
});

describe('the keys of a release', () => {
  it('are made once, for their owner only', async () => {
    const folder = path.join(await tempTree(), 'keys');
    const made = await ReleaseKeys.open(folder);
    const names = await readdir(folder);
    expect(names).toHaveLength(4);
    for (const name of names) {
      expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
    }
    const again = await ReleaseKeys.open(folder);
    expect(again.madeFor('root')).toEqual(made.madeFor('root'));
  });

  it('may be moved away: what is published stays fresh, and nothing new can be', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a')]);
    for (const name of await readdir(path.join(hub.folder, 'keys'))) {
      if (/^(?:root|targets)\./.test(name)) await rm(path.join(hub.folder, 'keys', name));
    }
    const robbed = await ReleaseHub.open(hub.clock, hub.folder);
    const branch = await robbed.branch();
    await expect(robbed.repository.publish([target('evil')])).rejects.toMatchObject({
      code: 'RELEASE_KEY_MISSING',
    });
    hub.clock.advance(6 * 24 * hour);
    expect((await robbed.repository.refresh()).signed).toEqual(['snapshot', 'timestamp']);
    expect((await branch.refresh(robbed.fetch)).targets).toEqual([target('a')]);
    hub.clock.advance(200 * 24 * hour);
    expect((await robbed.repository.refresh()).lacking).toEqual(['targets']);
    expect((await branch.refresh(robbed.fetch)).targets).toEqual([target('a')]);
    await expect(robbed.repository.replaceOnlineKeys()).rejects.toMatchObject({
      code: 'RELEASE_KEY_MISSING',
    });
  });

  it('are not made anew for a repository that was lost', async () => {
    const hub = await ReleaseHub.open();
    for (const name of await readdir(path.join(hub.folder, 'keys'))) {
      if (name.startsWith('root.')) await rm(path.join(hub.folder, 'keys', name));
    }
    const keys = await ReleaseKeys.open(path.join(hub.folder, 'keys'));
    await expect(ReleaseRepository.open(await tempTree(), keys)).rejects.toMatchObject({
      code: 'RELEASE_KEY_MISSING',
    });
  });
});
