import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoleName, TrustedRelease } from '#libs/release';
import {
  infoOf,
  parse,
  ReleaseHub,
  resign,
  strangerKeys,
  target,
  type Signed,
} from '../support/release-hub.ts';

const hour = 3_600_000;
const roles = ['timestamp', 'snapshot', 'targets'] as const;
type Role = (typeof roles)[number];

interface Scene {
  readonly hub: ReleaseHub;
  readonly branch: TrustedRelease;
}

/** A branch that holds the first release while the hub has the second. */
async function scene(): Promise<Scene> {
  const hub = await ReleaseHub.open();
  await hub.repository.publish([target('old')]);
  const branch = await hub.branch();
  await branch.refresh(hub.fetch);
  await hub.repository.publish([target('new')]);
  return { hub, branch };
}

/** The release is refused with this code, what was trusted stays, also after a restart, and an honest hub is believed again. */
async function expectRefusal({ hub, branch }: Scene, code: string): Promise<void> {
  await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code });
  expect(branch.current()?.targets).toEqual([target('old')]);
  const reopened = await hub.reopened();
  expect(reopened.current()?.targets).toEqual([target('old')]);
  await expect(reopened.refresh(hub.fetch)).rejects.toMatchObject({ code });
  hub.instead.clear();
  // The planted versions may have been trusted as far as they were good: the hub has to be beyond them.
  for (const name of ['newer', 'newest']) await hub.repository.publish([target(name)]);
  expect((await reopened.refresh(hub.fetch)).targets).toEqual([target('newest')]);
}

const objectIn = (value: unknown): object =>
  typeof value === 'object' && value !== null ? value : {};

const later = (signed: Signed['signed'], change: object): Signed['signed'] => ({
  ...signed,
  version: signed.version + 1,
  ...change,
});

async function plantLater(
  { hub }: Scene,
  role: Role,
  change: object,
  keys = hub.keysOf(role),
): Promise<void> {
  await hub.plant(role, resign(later((await hub.newest(role)).signed, change), keys));
}

describe('a release that is rolled back', () => {
  it('by an old timestamp is refused', async () => {
    const it = await scene();
    const old = await it.hub.file('timestamp.json');
    await it.branch.refresh(it.hub.fetch);
    await it.hub.repository.publish([target('old')]);
    await it.branch.refresh(it.hub.fetch);
    it.hub.instead.set('timestamp.json', old);
    await expectRefusal(it, 'RELEASE_ROLLED_BACK');
  });

  it('by a new timestamp that names an old snapshot is refused', async () => {
    const it = await scene();
    const old = await it.hub.file('1.snapshot.json');
    await it.branch.refresh(it.hub.fetch);
    await it.hub.repository.publish([target('old')]);
    await it.branch.refresh(it.hub.fetch);
    await it.hub.plant('snapshot', old);
    await expectRefusal(it, 'RELEASE_ROLLED_BACK');
  });

  it('by a new snapshot that names old targets is refused', async () => {
    const it = await scene();
    const old = await it.hub.file('1.targets.json');
    await it.branch.refresh(it.hub.fetch);
    await it.hub.repository.publish([target('old')]);
    await it.branch.refresh(it.hub.fetch);
    await it.hub.plant('targets', old);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_ROLLED_BACK',
    });
    expect(it.branch.current()?.targets).toEqual([target('old')]);
  });

  it('by a snapshot that names no targets is refused', async () => {
    const it = await scene();
    await plantLater(it, 'snapshot', { meta: {} });
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_ROLLED_BACK',
    });
  });

  it('by a root of a version that it should not be is refused', async () => {
    const it = await scene();
    const { signed } = await it.hub.newest('root');
    it.hub.instead.set('2.root.json', resign(signed, it.hub.keysOf('root')));
    await expectRefusal(it, 'RELEASE_ROLLED_BACK');
  });

  it('to the same version with other content changes nothing', async () => {
    const { hub, branch } = await scene();
    await branch.refresh(hub.fetch);
    const { signed } = await hub.newest('timestamp');
    const meta = { 'snapshot.json': infoOf(Buffer.from('{}'), 9) };
    hub.instead.set('timestamp.json', resign({ ...signed, meta }, hub.keysOf('timestamp')));
    expect(await branch.refresh(hub.fetch)).toMatchObject({ changed: false, version: 2 });
  });
});

describe('a release that is frozen', () => {
  it('is refused once its timestamp has expired, though nothing in it changed', async () => {
    const { hub, branch } = await scene();
    await branch.refresh(hub.fetch);
    hub.clock.advance(25 * hour);
    await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code: 'RELEASE_FROZEN' });
    expect(branch.current()?.targets).toEqual([target('new')]);
    await hub.repository.refresh();
    await expect(branch.refresh(hub.fetch)).resolves.toMatchObject({ changed: false });
  });

  it.each(roles)('is refused when its %s has expired', async (role) => {
    const it = await scene();
    await plantLater(it, role, { expires: '2026-11-21T11:59:59Z' });
    await expectRefusal(it, 'RELEASE_FROZEN');
  });

  it.each(roles)('is refused when the trusted %s expires while others are fresh', async (role) => {
    const it = await scene();
    await plantLater(it, role, { expires: '2026-11-21T12:30:00Z' });
    await it.branch.refresh(it.hub.fetch);
    it.hub.clock.advance(hour);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_FROZEN',
    });
  });

  it('is refused when its root has expired, and the next root is found first', async () => {
    const { hub, branch } = await scene();
    const { signed } = await hub.newest('root');
    const keys = hub.keysOf('root');
    hub.instead.set(
      '2.root.json',
      resign(later(signed, { expires: '2020-01-01T00:00:00Z' }), keys),
    );
    await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code: 'RELEASE_FROZEN' });
    hub.instead.set('3.root.json', resign({ ...signed, version: 3 }, keys));
    await expect(branch.refresh(hub.fetch)).resolves.toMatchObject({ changed: true, version: 2 });
  });
});

describe('a clock that is off by a day', () => {
  it('is named when it is the branch’s and ahead', async () => {
    const { hub, branch } = await scene();
    const hubTime = hub.clock.now();
    hub.clock.advance(26 * hour);
    await expect(branch.refresh(hub.fetch, hubTime)).rejects.toMatchObject({
      code: 'CLOCK_WRONG',
      message: expect.stringContaining('26 h ahead') as unknown,
    });
  });

  it('does no harm when it is the branch’s and behind', async () => {
    const { hub, branch } = await scene();
    hub.clock.advance(-26 * hour);
    await expect(branch.refresh(hub.fetch)).resolves.toMatchObject({ version: 2 });
  });

  it('is no excuse for a release that had expired by the hub’s clock too', async () => {
    const { hub, branch } = await scene();
    hub.clock.advance(100 * hour);
    const hubTime = hub.clock.now() - 26 * hour;
    await expect(branch.refresh(hub.fetch, hubTime)).rejects.toMatchObject({
      code: 'RELEASE_FROZEN',
    });
  });
});

describe('a release that is mixed', () => {
  it.each([
    ['snapshot', '2.snapshot.json', '1.snapshot.json'],
    ['targets', '2.targets.json', '1.targets.json'],
  ])('with an old %s under the new name is refused', async (_, asked, given) => {
    const it = await scene();
    it.hub.instead.set(asked, await it.hub.file(given));
    await expectRefusal(it, 'RELEASE_MIXED');
  });

  it.each(['snapshot', 'targets'] as const)(
    'with a %s whose version is not the one announced is refused',
    async (role) => {
      const it = await scene();
      const { signed } = await it.hub.newest(role);
      const bytes = resign({ ...signed, version: 7 }, it.hub.keysOf(role));
      await it.hub.plant(role, bytes, 3);
      await expectRefusal(it, 'RELEASE_MIXED');
    },
  );

  it.each(['snapshot', 'targets'] as const)(
    'with another %s of the same version, length and keys is refused',
    async (role) => {
      const it = await scene();
      const { name, signed } = await it.hub.newest(role);
      const expires = signed.expires.replace(/\dZ$/, (end) => (end === '1Z' ? '2Z' : '1Z'));
      const other = resign({ ...signed, expires }, it.hub.keysOf(role));
      expect(other).toHaveLength((await it.hub.file(name)).length);
      it.hub.instead.set(name, other);
      await expectRefusal(it, 'RELEASE_MIXED');
    },
  );

  it.each(['2.snapshot.json', '2.targets.json', 'timestamp.json'])(
    'because %s is missing is not taken in part',
    async (name) => {
      const it = await scene();
      it.hub.instead.set(name, undefined);
      await expectRefusal(it, 'PEER_LACKS_FILE');
    },
  );
});

describe('a release that is endless', () => {
  it.each(['2.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json'])(
    'in its %s is refused',
    async (name) => {
      const it = await scene();
      it.hub.instead.set(name, Buffer.alloc(32 * 1024 * 1024, ' '));
      await expectRefusal(it, 'RELEASE_ENDLESS');
    },
  );

  it('is asked for with the limit that is signed, so that no more is read', async () => {
    const { hub, branch } = await scene();
    const limits = new Map<string, number>();
    await branch.refresh(async (name, maxBytes) => {
      limits.set(name, maxBytes);
      return await hub.fetch(name, maxBytes);
    });
    expect(limits.get('2.snapshot.json')).toBe((await hub.file('2.snapshot.json')).length);
    expect(limits.get('2.targets.json')).toBe((await hub.file('2.targets.json')).length);
  });

  it('by what it announces is refused without being asked for', async () => {
    const { hub, branch } = await scene();
    const { signed } = await hub.newest('timestamp');
    const info = { ...infoOf(await hub.file('2.snapshot.json')), length: 1e12 };
    const meta = { 'snapshot.json': info };
    hub.instead.set('timestamp.json', resign(later(signed, { meta }), hub.keysOf('timestamp')));
    hub.asked.length = 0;
    await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code: 'RELEASE_ENDLESS' });
    expect(hub.asked).not.toContain('2.snapshot.json');
  });

  it('chain of roots is followed a few at a time', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish([target('a')]);
    const branch = await hub.branch({ bounds: { rootRotations: 3 } });
    const { signed } = await hub.newest('root');
    for (let version = 2; version <= 6; version += 1) {
      hub.instead.set(`${version}.root.json`, resign({ ...signed, version }, hub.keysOf('root')));
    }
    await branch.refresh(hub.fetch);
    expect(hub.asked).not.toContain('5.root.json');
    await hub.repository.publish([target('b')]);
    await branch.refresh(hub.fetch);
    expect(hub.asked).toContain('6.root.json');
  });
});

describe('a release that is unsigned', () => {
  it.each(roles)('in its %s is refused', async (role) => {
    const it = await scene();
    await plantLater(it, role, {}, []);
    await expectRefusal(it, 'RELEASE_UNSIGNED');
  });

  it('in its root is refused', async () => {
    const it = await scene();
    const { signed } = await it.hub.newest('root');
    it.hub.instead.set('2.root.json', resign(later(signed, {}), []));
    await expectRefusal(it, 'RELEASE_UNSIGNED');
  });
});

describe('a release that is signed by a stranger', () => {
  it.each(roles)('in its %s is refused', async (role) => {
    const it = await scene();
    await plantLater(it, role, {}, (await strangerKeys()).madeFor(role));
    await expectRefusal(it, 'RELEASE_STRANGE_KEY');
  });

  it('in its root is refused, though the stranger’s root names his own keys', async () => {
    const it = await scene();
    const stranger = await ReleaseHub.open();
    const { signed } = await stranger.newest('root');
    it.hub.instead.set('2.root.json', resign(later(signed, {}), stranger.keysOf('root')));
    await expectRefusal(it, 'RELEASE_STRANGE_KEY');
  });

  it.each(roles)('with the right key over other bytes in its %s is refused', async (role) => {
    const it = await scene();
    const { signed } = await it.hub.newest(role);
    const { signatures } = parse(resign(later(signed, {}), it.hub.keysOf(role)));
    const changed = later(signed, { spec_version: '1.0.0' });
    await it.hub.plant(role, Buffer.from(JSON.stringify({ signatures, signed: changed })));
    await expectRefusal(it, 'RELEASE_STRANGE_KEY');
  });

  it.each([
    ['snapshot', 'targets'],
    ['timestamp', 'snapshot'],
    ['targets', 'timestamp'],
  ] as const)('with the %s key for its %s is refused', async (other, role) => {
    const it = await scene();
    await plantLater(it, role, {}, it.hub.keysOf(other));
    await expectRefusal(it, 'RELEASE_STRANGE_KEY');
  });
});

describe('a release that needs two signatures', () => {
  /** A second root which wants two keys for a role. */
  async function needTwo(
    role: RoleName,
  ): Promise<Scene & { second: Awaited<ReturnType<typeof strangerKeys>> }> {
    const it = await scene();
    const second = await strangerKeys();
    const { signed } = await it.hub.newest('root');
    const [own] = it.hub.keys.madeFor(role);
    const [other] = second.madeFor(role);
    if (own === undefined || other === undefined) throw new Error('no keys');
    const root = later(signed, {
      keys: { ...objectIn(signed['keys']), [other.keyId]: other.publicKey.toJSON() },
      roles: {
        ...objectIn(signed['roles']),
        [role]: { keyids: [own.keyId, other.keyId], threshold: 2 },
      },
    });
    it.hub.instead.set('2.root.json', resign(root, it.hub.keysOf('root')));
    return { ...it, second };
  }

  it('is taken with both', async () => {
    const it = await needTwo('targets');
    const keys = [...it.hub.keysOf('targets'), ...it.second.madeFor('targets')];
    await plantLater(it, 'targets', {}, keys);
    await expect(it.branch.refresh(it.hub.fetch)).resolves.toMatchObject({ version: 3 });
  });

  it('is refused with one', async () => {
    const it = await needTwo('targets');
    await plantLater(it, 'targets', {});
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_UNSIGNED',
    });
  });

  it('is refused with one that is there twice', async () => {
    const it = await needTwo('targets');
    await plantLater(it, 'targets', {}, [...it.hub.keysOf('targets'), ...it.hub.keysOf('targets')]);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_UNSIGNED',
    });
  });

  it('is refused with one key under two ids', async () => {
    const it = await needTwo('targets');
    const [own] = it.hub.keys.madeFor('targets');
    if (own === undefined) throw new Error('no key');
    const alias = { keyId: 'a'.repeat(64), pem: own.pem };
    const { signed } = parse(it.hub.instead.get('2.root.json'));
    const root = {
      ...signed,
      keys: { ...objectIn(signed['keys']), [alias.keyId]: own.publicKey.toJSON() },
      roles: {
        ...objectIn(signed['roles']),
        targets: { keyids: [own.keyId, alias.keyId], threshold: 2 },
      },
    };
    it.hub.instead.set('2.root.json', resign(root, it.hub.keysOf('root')));
    await plantLater(it, 'targets', {}, [own, alias]);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_UNSIGNED',
    });
  });

  it('has a root that needs both from then on', async () => {
    const it = await needTwo('root');
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_UNSIGNED',
    });
    const { signed } = parse(it.hub.instead.get('2.root.json'));
    const both = [...it.hub.keysOf('root'), ...it.second.madeFor('root')];
    it.hub.instead.set('2.root.json', resign(signed, both));
    it.hub.instead.set('3.root.json', resign(later(signed, {}), it.second.madeFor('root')));
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_UNSIGNED',
    });
    it.hub.instead.set('3.root.json', resign(later(signed, {}), both));
    await expect(it.branch.refresh(it.hub.fetch)).resolves.toMatchObject({ version: 2 });
  });
});

describe('new keys', () => {
  it('undo a thief’s leap to the highest version', async () => {
    const it = await scene();
    for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
      it.hub.instead.clear();
      const { signed } = await it.hub.newest(role);
      const version = Number.MAX_SAFE_INTEGER - 1;
      await it.hub.plant(role, resign({ ...signed, version }, it.hub.keysOf(role)));
      await it.branch.refresh(it.hub.fetch);
      it.hub.instead.clear();
      await it.hub.repository.publish([]);
      await it.hub.repository.publish([target(`after the leap of ${role}`)]);
      await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
        code: 'RELEASE_ROLLED_BACK',
      });
      await it.hub.repository.replaceOnlineKeys();
      const release = await it.branch.refresh(it.hub.fetch);
      expect(release.targets).toEqual([target(`after the leap of ${role}`)]);
      expect((await it.hub.reopened()).current()?.targets).toEqual(release.targets);
    }
  });

  it('shut the old ones out', async () => {
    const it = await scene();
    const stolen = it.hub.keysOf('timestamp').slice(0, 1);
    const { signed } = await it.hub.newest('timestamp');
    await it.hub.repository.replaceOnlineKeys();
    await it.branch.refresh(it.hub.fetch);
    it.hub.instead.set('timestamp.json', resign({ ...signed, version: 99 }, stolen));
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_STRANGE_KEY',
    });
  });

  it('reach a branch that missed several roots, one after the other', async () => {
    const it = await scene();
    for (let count = 0; count < 4; count += 1) await it.hub.repository.replaceOnlineKeys();
    expect((await it.branch.refresh(it.hub.fetch)).targets).toEqual([target('new')]);
    expect(it.hub.asked.filter((name) => name.endsWith('root.json'))).toEqual([
      '2.root.json',
      '2.root.json',
      '3.root.json',
      '4.root.json',
      '5.root.json',
      '6.root.json',
    ]);
  });

  it('do not reach it when a root in between is missing', async () => {
    const it = await scene();
    for (let count = 0; count < 2; count += 1) await it.hub.repository.replaceOnlineKeys();
    it.hub.instead.set('2.root.json', undefined);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: 'RELEASE_STRANGE_KEY',
    });
  });

  it('make a branch forget the versions of the old ones, even when it is stopped in that moment', async () => {
    const { hub, branch } = await scene();
    const { signed } = await hub.newest('root');
    const other = await hub.keys.add('timestamp');
    const [own] = hub.keysOf('timestamp');
    if (own === undefined) throw new Error('no key');
    const keys = { ...objectIn(signed['keys']), [other.keyId]: other.publicKey.toJSON() };
    const rootWith = (version: number, keyids: string[]): Buffer => {
      const roles = { ...objectIn(signed['roles']), timestamp: { keyids, threshold: 1 } };
      return resign({ ...signed, version, keys, roles }, hub.keysOf('root'));
    };
    const honest = (await hub.newest('timestamp')).signed;
    hub.instead.set('2.root.json', rootWith(2, [own.keyId, other.keyId]));
    hub.instead.set('timestamp.json', resign({ ...honest, version: 1e12 }, [own, other]));
    await branch.refresh(hub.fetch);
    hub.instead.set('3.root.json', rootWith(3, [other.keyId]));
    hub.instead.set('timestamp.json', resign(honest, [other]));
    const cut = new Error('the line was cut');
    const attempt = branch.refresh(async (name, maxBytes) => {
      if (name === '4.root.json') throw cut;
      return await hub.fetch(name, maxBytes);
    });
    await expect(attempt).rejects.toBe(cut);
    expect((await (await hub.reopened()).refresh(hub.fetch)).targets).toEqual([target('new')]);
  });

  it('count after a crash of the hub between its new root and what that has to sign', async () => {
    const { hub, branch } = await scene();
    const { signed } = await hub.newest('root');
    const fresh = await hub.keys.add('timestamp');
    const root = later(signed, {
      keys: { ...objectIn(signed['keys']), [fresh.keyId]: fresh.publicKey.toJSON() },
      roles: { ...objectIn(signed['roles']), timestamp: { keyids: [fresh.keyId], threshold: 1 } },
    });
    await writeFile(
      path.join(hub.folder, 'release', '2.root.json'),
      resign(root, hub.keysOf('root')),
    );
    const again = await ReleaseHub.open(hub.clock, hub.folder);
    expect((await again.repository.refresh()).signed).toEqual(['timestamp']);
    expect((await branch.refresh(again.fetch)).targets).toEqual([target('new')]);
  });
});

describe('a branch that is stopped in the middle', () => {
  it.each(['2.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json'])(
    'before it has %s goes on from there, and keeps what it had till then',
    async (name) => {
      const { hub, branch } = await scene();
      const cut = new Error('the line was cut');
      const attempt = branch.refresh(async (asked, maxBytes) => {
        if (asked === name) throw cut;
        return await hub.fetch(asked, maxBytes);
      });
      await expect(attempt).rejects.toBe(cut);
      expect(branch.current()?.targets).toEqual([target('old')]);
      const reopened = await hub.reopened();
      expect(reopened.current()?.targets).toEqual([target('old')]);
      expect((await reopened.refresh(hub.fetch)).targets).toEqual([target('new')]);
    },
  );
});

describe('a release that is malformed', () => {
  const entry = { length: 1, hashes: { sha256: 'a'.repeat(64) }, custom: { published: 1 } };

  it.each([
    ['a name that climbs', { '../etc/passwd': entry }],
    ['an absolute name', { '/etc/passwd': entry }],
    ['a name of Windows', { 'C:\\x': entry }],
    ['an empty name', { '': entry }],
    ['a control character', { 'a\u0007': entry }],
    ['a digest that is none', { a: { ...entry, hashes: { sha256: '../x' } } }],
    ['no digest', { a: { ...entry, hashes: { md5: 'x' } } }],
    ['a negative length', { a: { ...entry, length: -1 } }],
    ['no date', { a: { ...entry, custom: {} } }],
    ['a list in place of a target', { a: [] }],
  ])('by a target with %s is refused as a whole', async (_, targets) => {
    const it = await scene();
    await plantLater(it, 'targets', { targets: { good: entry, ...targets } });
    await expectRefusal(it, 'RELEASE_MALFORMED');
  });

  it.each([
    ['version', { version: 0 }],
    ['version', { version: 1.5 }],
    ['version', { version: '3' }],
    ['expiry', { expires: 'tomorrow' }],
    ['expiry', { expires: 99 }],
    ['type', { _type: 'root' }],
    ['delegations', { delegations: { keys: {}, roles: [] } }],
    ['targets', { targets: [] }],
  ])('by its %s is refused (%j)', async (_, change) => {
    const it = await scene();
    const { signed } = await it.hub.newest('targets');
    const bytes = Buffer.from(JSON.stringify({ signatures: [], signed: { ...signed, ...change } }));
    await it.hub.plant('targets', bytes, 3);
    await expect(it.branch.refresh(it.hub.fetch)).rejects.toMatchObject({
      code: expect.stringMatching(/^RELEASE_(?:MALFORMED|UNSIGNED)$/) as unknown,
    });
    expect(it.branch.current()?.targets).toEqual([target('old')]);
  });

  it.each([
    ['without hashes', { version: 3, length: 5 }],
    ['without length', { version: 3, hashes: { sha256: 'a'.repeat(64) } }],
    ['with a wrong version', { version: 1.5, length: 5, hashes: { sha256: 'a'.repeat(64) } }],
  ])('by a timestamp that names its snapshot %s is refused', async (_, info) => {
    const it = await scene();
    const { signed } = await it.hub.newest('timestamp');
    const changed = later(signed, { meta: { 'snapshot.json': info } });
    it.hub.instead.set(
      'timestamp.json',
      Buffer.from(JSON.stringify({ signatures: [], signed: changed })),
    );
    await expectRefusal(it, 'RELEASE_MALFORMED');
  });

  it.each([
    ['that needs no signature', { threshold: 0 }],
    ['that needs half a signature', { threshold: 0.5 }],
    ['with an id that is none', { keyids: ['__proto__'] }],
  ])('by a root with a role %s is refused', async (_, change) => {
    const it = await scene();
    const { signed } = await it.hub.newest('root');
    const roles = objectIn(signed['roles']);
    const targets = { keyids: [], threshold: 1, ...change };
    const root = later(signed, { roles: { ...roles, targets } });
    it.hub.instead.set(
      '2.root.json',
      Buffer.from(JSON.stringify({ signatures: [], signed: root })),
    );
    await expectRefusal(it, 'RELEASE_MALFORMED');
  });

  it.each(['', 'x', 'null', '[]', '{}', '{"signed":{},"signatures":{}}', '\ufeff{}'])(
    'by being %j is refused',
    async (text) => {
      const it = await scene();
      it.hub.instead.set('timestamp.json', Buffer.from(text));
      await expectRefusal(it, 'RELEASE_MALFORMED');
    },
  );

  it('as the root of a join is not trusted', async () => {
    const { hub, branch } = await scene();
    const root = parse(hub.repository.root());
    const stranger = (await strangerKeys()).madeFor('root');
    for (const [bytes, code] of [
      [Buffer.from('{}'), 'RELEASE_MALFORMED'],
      [resign(root.signed, []), 'RELEASE_UNSIGNED'],
      [resign(root.signed, stranger), 'RELEASE_STRANGE_KEY'],
      [Buffer.alloc(1e6, ' '), 'RELEASE_ENDLESS'],
    ] as const) {
      await expect(branch.trust(bytes)).rejects.toMatchObject({ code });
    }
    expect((await branch.refresh(hub.fetch)).targets).toEqual([target('new')]);
  });
});

describe('what lies in the folder of a branch', () => {
  it.each(roles)('is believed only when the root vouches for it: %s', async (role) => {
    const { hub } = await scene();
    const { signed } = await hub.newest(role);
    const stranger = (await strangerKeys()).madeFor(role);
    const file = path.join(hub.folder, 'branch', `${role}.json`);
    await writeFile(file, resign({ ...signed, version: 1e12 }, stranger));
    const reopened = await hub.reopened();
    expect((await reopened.refresh(hub.fetch)).targets).toEqual([target('new')]);
  });

  it('is not used without a root that holds', async () => {
    const { hub } = await scene();
    await writeFile(path.join(hub.folder, 'branch', 'root.json'), '{}');
    await expect(hub.reopened()).rejects.toMatchObject({ code: 'RELEASE_MALFORMED' });
  });

  it('is forgotten when another hub is joined', async () => {
    const { branch, hub } = await scene();
    const other = await ReleaseHub.open(hub.clock);
    await other.repository.publish([target('theirs')]);
    await branch.trust(other.repository.root());
    expect(branch.current()).toBeUndefined();
    expect((await hub.reopened()).current()).toBeUndefined();
    expect((await branch.refresh(other.fetch)).targets).toEqual([target('theirs')]);
  });
});
