import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { publisherRig, type PublisherRig } from '../support/tree-publisher-rig.ts';

const script = fileURLToPath(new URL('../support/publish-and-die.ts', import.meta.url));

/** Three files of one version, and one that only this version has. */
const version = (n: number): Record<string, string> => ({
  'firmware/j179.bin': `firmware ${n}`,
  '46xxsettings.txt': `SET VERSION ${n}`,
  'J100Supgrade.txt': `SET APPNAME ${n}`,
  [`firmware/only-${n}.bin`]: `only ${n}`,
});

async function twoVersions(): Promise<PublisherRig> {
  const rig = await publisherRig();
  await rig.publish(await rig.zip('a.zip', version(1)));
  await rig.publish(await rig.zip('a.zip', version(2)));
  return rig;
}

const rolledBackTo = (n: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(version(n)).flatMap(([name, text]) =>
      (name.startsWith('46xx') ? ['HTTP', 'HTTPS', 'TFTP'] : ['HTTP', 'HTTPS']).map((tree) => [
        `${tree}:${name}`,
        text,
      ]),
    ),
  );

it('puts back what the last publication replaced, payload first, and leaves what was new', async () => {
  const rig = await twoVersions();
  const { sha256 } = await rig.zip('a.zip', version(2));
  const before = Date.now();
  const { back, stays } = await rig.rollBack('a.zip');

  expect(await rig.visible()).toEqual({
    ...rolledBackTo(1),
    'HTTP:firmware/only-2.bin': 'only 2',
    'HTTPS:firmware/only-2.bin': 'only 2',
  });
  expect(back.map(({ name }) => name.replace(/.*(upgrade|settings).*/, '$1'))).toEqual([
    'firmware/j179.bin',
    'firmware/j179.bin',
    'settings',
    'settings',
    'settings',
    'upgrade',
    'upgrade',
  ]);
  expect(stays.map(({ name }) => name)).toEqual(['firmware/only-2.bin', 'firmware/only-2.bin']);
  // Newer than what telephones have, or they would not fetch it.
  const { mtimeMs } = await stat(path.join(rig.trees.HTTP, '46xxsettings.txt'));
  expect(mtimeMs).toBeGreaterThanOrEqual(before - 1);

  // The same bytes are not published again by themselves.
  expect(rig.publications.newest('a.zip')).toMatchObject({ state: 'published', rolledBack: true });
  expect(rig.publisher.outcomes().isPending('a.zip', sha256)).toBe(false);
  expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
});

it('brings the update back when it is done twice, and takes the next version as ever', async () => {
  const rig = await twoVersions();
  const newest = await rig.visible();
  await rig.rollBack('a.zip');
  await rig.rollBack('a.zip');
  expect(await rig.visible()).toEqual({
    ...newest,
    'HTTP:firmware/only-1.bin': 'only 1',
    'HTTPS:firmware/only-1.bin': 'only 1',
  });
  expect(rig.publications.newest('a.zip')).toMatchObject({ rolledBack: false });
  await rig.publish(await rig.zip('a.zip', version(3)));
  expect(await rig.visible()).toMatchObject({ 'HTTP:J100Supgrade.txt': 'SET APPNAME 3' });
  await rig.rollBack('a.zip');
  expect(await rig.visible()).toMatchObject({ 'HTTP:J100Supgrade.txt': 'SET APPNAME 2' });
});

it('does nothing where a later update has replaced one of the files again', async () => {
  const rig = await twoVersions();
  await rig.publish(await rig.plain('J100SUPGRADE.TXT', 'SET APPNAME hotfix'));
  const now = await rig.visible();
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'ROLL_BACK_IMPOSSIBLE' });
  expect(await rig.visible()).toEqual(now);
});

it('does nothing where nothing was replaced or ever published', async () => {
  const rig = await publisherRig();
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await rig.publish(await rig.zip('a.zip', version(1)));
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'ROLL_BACK_IMPOSSIBLE' });
});

it('keeps two versions of each file, and of an update all that it replaced or nothing', async () => {
  const rig = await twoVersions();
  // What others publish and replace is no reason to forget.
  for (const n of [1, 2, 3, 4]) await rig.publish(await rig.plain('b.bin', `b ${n}`));
  await rig.rollBack('a.zip');
  await rig.rollBack('a.zip');
  const kept = async (): Promise<Set<string>> =>
    new Set((await rig.internal()).map((name) => name.split('/')[2] ?? ''));
  // 2 is the second version, 5 and 6 the last two of b.bin, 7 and 8 there and back again.
  expect(await kept()).toEqual(new Set(['5', '6', '7', '8']));

  // One file of the set is replaced twice more: the rest of the set goes with it.
  for (const n of [1, 2]) await rig.publish(await rig.plain('J100Supgrade.txt', `SET ${n}`));
  expect(await kept()).toEqual(new Set(['5', '6', '9', '10']));
  expect(rig.publications.files(8)).toEqual([]);
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'ROLL_BACK_IMPOSSIBLE' });
});

it('forgets with an update what lies below it: a set would lose one file and keep another', async () => {
  const rig = await publisherRig();
  for (const n of [1, 2]) await rig.publish(await rig.zip('a.zip', { x: `x ${n}`, y: `y ${n}` }));
  await rig.publish(await rig.plain('z', 'z 1'));
  await rig.publish(await rig.zip('b.zip', { y: 'y of b', z: 'z of b' }));
  for (const n of [2, 3]) await rig.publish(await rig.plain('z', `z ${n}`));
  const now = await rig.visible();
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'ROLL_BACK_IMPOSSIBLE' });
  expect(await rig.visible()).toEqual(now);
});

it('goes back from nothing that a stop has left half removed', async () => {
  const rig = await twoVersions();
  rig.publications.forgetFiles(2);
  await rm(path.join(rig.trees.HTTP, '.branchline', 'previous'), { recursive: true });
  const now = await rig.visible();
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'ROLL_BACK_IMPOSSIBLE' });
  expect(await rig.visible()).toEqual(now);
  await rig.again().recover();
  expect(await rig.internal()).toEqual([]);
});

it('says which files somebody has changed by hand since, and keeps that version', async () => {
  const rig = await twoVersions();
  await writeFile(path.join(rig.trees.HTTP, '46xxsettings.txt'), 'SET VERSION by hand');
  const { back } = await rig.rollBack('a.zip');
  expect(back.filter(({ edited }) => edited)).toMatchObject([
    { tree: 'HTTP', name: '46xxsettings.txt' },
  ]);
  await rig.rollBack('a.zip');
  expect(await rig.visible()).toMatchObject({ 'HTTP:46xxsettings.txt': 'SET VERSION by hand' });
});

it('changes nothing when what it needs cannot be done, or the decision is called off', async () => {
  const rig = await twoVersions();
  const now = await rig.visible();
  const called = rig.publisher.rollBack('a.zip', () => Promise.reject(new Error('no audit')));
  await expect(called).rejects.toThrow('no audit');
  expect(await rig.visible()).toEqual(now);
  const target = path.join(rig.trees.HTTPS, 'J100Supgrade.txt');
  await rename(target, `${target}.aside`);
  await mkdir(target);
  await expect(rig.rollBack('a.zip')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(await rig.visible()).toMatchObject({ 'HTTP:J100Supgrade.txt': 'SET APPNAME 2' });
  expect(rig.publications.newest('a.zip')).toMatchObject({ state: 'published', rolledBack: false });
  expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
});

it.each([0, 0.1, 0.3, 0.5, 0.8, 1])(
  'kill -9 at %f of a roll back: all of it or nothing at the next start',
  async (share) => {
    const rig = await twoVersions();
    const newest = await rig.visible();
    const { sha256 } = await rig.zip('a.zip', version(2));
    const words = ['-C', 'source', script, rig.folder, 'a.zip', sha256, `${share}`, 'back'];
    const child = spawn(process.execPath, words, { stdio: 'inherit' });
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    const after = rig.again();
    await after.recover();
    const extra = {
      'HTTP:firmware/only-2.bin': 'only 2',
      'HTTPS:firmware/only-2.bin': 'only 2',
    };
    expect(await rig.visible()).toEqual(share === 0 ? newest : { ...rolledBackTo(1), ...extra });
    expect(after.outcomes().isPending('a.zip', sha256)).toBe(false);
    expect(rig.publications.newest('a.zip')).toMatchObject({
      state: 'published',
      rolledBack: share !== 0,
    });
    for (const root of Object.values(rig.trees)) {
      expect(await readdir(path.join(root, '.branchline'))).not.toContain('staging');
    }
  },
);
