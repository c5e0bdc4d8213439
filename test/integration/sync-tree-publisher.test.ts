import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { publisherRig } from '../support/tree-publisher-rig.ts';

const firmware = {
  '46xxupgrade.scr': 'SET APPNAME a10d01b2_9.bin',
  'a10d01b2_9.bin': 'four thousand six hundred',
  'J100Supgrade.txt': 'SET APPNAME firmware/j179.bin',
  'firmware/j179.bin': 'one hundred',
};

it('brings every file of an archive to its trees', async () => {
  const rig = await publisherRig();
  await rig.publish(await rig.zip('firmware.zip', { ...firmware, 'TFTPdata/only-tftp.txt': 'x' }));

  expect(await rig.visible()).toEqual({
    'HTTP:46xxupgrade.scr': firmware['46xxupgrade.scr'],
    'HTTP:a10d01b2_9.bin': firmware['a10d01b2_9.bin'],
    'HTTP:firmware/j179.bin': firmware['firmware/j179.bin'],
    'HTTP:J100Supgrade.txt': firmware['J100Supgrade.txt'],
    'HTTPS:46xxupgrade.scr': firmware['46xxupgrade.scr'],
    'HTTPS:a10d01b2_9.bin': firmware['a10d01b2_9.bin'],
    'HTTPS:firmware/j179.bin': firmware['firmware/j179.bin'],
    'HTTPS:J100Supgrade.txt': firmware['J100Supgrade.txt'],
    'TFTP:46xxupgrade.scr': firmware['46xxupgrade.scr'],
    'TFTP:only-tftp.txt': 'x',
  });
  expect(await rig.internal()).toEqual([]);
  expect(rig.publications.newest('firmware.zip')).toMatchObject({ state: 'published' });
});

it('copies a file that is no archive as it is', async () => {
  const rig = await publisherRig();
  await rig.publish(await rig.plain('46xxsettings.txt', 'SET A 1'));
  await rig.publish(await rig.plain('HTTP_allow_IP.txt', '10.0.0.1'));
  expect(await rig.visible()).toEqual({
    'HTTP:46xxsettings.txt': 'SET A 1',
    'HTTP:HTTP_allow_IP.txt': '10.0.0.1',
    'HTTPS:46xxsettings.txt': 'SET A 1',
    'TFTP:46xxsettings.txt': 'SET A 1',
  });
});

it('publishes payload first, settings next, upgrade files last', async () => {
  const rig = await publisherRig();
  const update = await rig.zip('a.zip', {
    ...firmware,
    '46xxsettings.txt': 'S',
    'fxd_settings.txt': 'F',
  });
  await rig.publish(update);
  const names = rig.publications.files(1).map(({ name }) => name);
  const rank = (name: string): number =>
    name.includes('upgrade') ? 2 : name.includes('settings') ? 1 : 0;
  expect(names.map(rank)).toEqual(names.map(rank).toSorted());
  expect(new Set(names.map(rank))).toEqual(new Set([0, 1, 2]));
});

it('keeps what the last publications replaced, and no more', async () => {
  const rig = await publisherRig();
  for (const n of [1, 2, 3, 4])
    await rig.publish(await rig.zip('a.zip', { 'x.bin': `version ${n}` }));
  expect((await rig.visible())['HTTP:x.bin']).toBe('version 4');
  const kept = (await rig.internal()).filter((name) => name.startsWith('HTTP:'));
  expect(kept).toEqual(['HTTP:.branchline/previous/3/0', 'HTTP:.branchline/previous/4/0']);
  expect(await readFile(path.join(rig.trees.HTTP, '.branchline/previous/4/0'), 'utf8')).toBe(
    'version 3',
  );
});

it('refuses the whole of a bad archive, remembers why, and takes the next good one', async () => {
  const rig = await publisherRig();
  await rig.publish(await rig.zip('a.zip', { 'x.bin': 'old' }));
  const bad = await rig.zip('a.zip', { 'x.bin': 'new', 'X.BIN': 'clash' });

  await expect(rig.publish(bad)).rejects.toMatchObject({ code: 'ARCHIVE_NAME_CLASH' });
  expect((await rig.visible())['HTTP:x.bin']).toBe('old');
  expect(rig.publisher.outcomes().refusalOf('a.zip', bad.sha256)).toMatchObject({
    code: 'ARCHIVE_NAME_CLASH',
  });
  expect(rig.publisher.outcomes().isPending('a.zip', bad.sha256)).toBe(false);
  expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);

  await rig.publish(await rig.zip('a.zip', { 'x.bin': 'newer' }));
  expect((await rig.visible())['HTTP:x.bin']).toBe('newer');
});

it('refuses two members that want the same place, unless one names its tree', async () => {
  const rig = await publisherRig();
  const clash = await rig.zip('a.zip', { 'HTTPdata/x.bin': 'a', 'http/x.bin': 'b' });
  await expect(rig.publish(clash)).rejects.toMatchObject({ code: 'ARCHIVE_NAME_CLASH' });

  await rig.publish(await rig.zip('b.zip', { 'x.bin': 'for all', 'HTTPdata/x.bin': 'for HTTP' }));
  expect(await rig.visible()).toEqual({ 'HTTP:x.bin': 'for HTTP', 'HTTPS:x.bin': 'for all' });
});

it('finds what stands in the way before the first file appears', async () => {
  const rig = await publisherRig();
  await mkdir(path.join(rig.trees.HTTPS, 'z.bin'));
  const update = await rig.zip('a.zip', { 'a.bin': 'a', 'z.bin': 'z' });
  await expect(rig.publish(update)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  expect(await rig.visible()).toEqual({});
  expect(rig.publisher.outcomes().isPending('a.zip', update.sha256)).toBe(true);

  await rm(path.join(rig.trees.HTTPS, 'z.bin'), { recursive: true });
  await rig.publish(update);
  expect(await rig.visible()).toMatchObject({ 'HTTP:a.bin': 'a', 'HTTPS:z.bin': 'z' });
});

it('writes through no symbolic link that leaves the tree', async () => {
  const rig = await publisherRig();
  const outside = path.join(rig.folder, 'outside');
  await mkdir(outside);
  await symlink(outside, path.join(rig.trees.HTTP, 'firmware'));
  await expect(rig.publish(await rig.zip('a.zip', firmware))).rejects.toMatchObject({
    code: 'PATH_OUTSIDE_TREE',
  });
  expect(await rig.visible()).toEqual({});
});

it('rolls forward after a crash in the middle of the renames, and back after one before', async () => {
  const rig = await publisherRig();
  await rig.publish(await rig.zip('a.zip', { 'x.bin': 'old x', 'y.bin': 'old y' }));

  // The journal and the folders as a kill between two renames leaves them.
  const files = ['x.bin', 'y.bin'].map((name, ordinal) => ({
    ordinal,
    tree: 'HTTP' as const,
    name,
    size: 5,
    sha256: 'unused',
  }));
  const open = rig.publications.begin('a.zip', 'next', 1);
  const staging = path.join(rig.trees.HTTP, '.branchline', 'staging', `${open}`);
  await mkdir(staging, { recursive: true });
  await writeFile(path.join(rig.trees.HTTP, 'x.bin'), 'new x');
  await writeFile(path.join(staging, '1'), 'new y');
  rig.publications.staged(open, files);

  const half = rig.publications.begin('b.zip', 'never', 2);
  await mkdir(path.join(rig.trees.HTTP, '.branchline', 'staging', `${half}`));
  await writeFile(path.join(rig.trees.HTTP, '.branchline', 'staging', `${half}`, '0'), 'half of');

  const after = rig.again();
  await after.recover();
  expect(await rig.visible()).toMatchObject({
    'HTTP:x.bin': 'new x',
    'HTTP:y.bin': 'new y',
    'HTTPS:x.bin': 'old x',
  });
  expect(rig.publications.newest('a.zip')).toMatchObject({ state: 'published', sha256: 'next' });
  expect(rig.publications.newest('b.zip')).toMatchObject({ state: 'undone', code: 'INTERRUPTED' });
  expect(after.outcomes().isPending('b.zip', 'never')).toBe(true);
  expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
});

it('publishes nothing of an update whose work is called off', async () => {
  const rig = await publisherRig();
  const called = new AbortController();
  called.abort(new Error('stopped'));
  const update = await rig.zip('a.zip', firmware);
  await expect(
    rig.publisher.publish(update, { at: () => undefined, ended: () => undefined }, called.signal),
  ).rejects.toThrow();
  expect(await rig.visible()).toEqual({});
});
