import { randomBytes } from 'node:crypto';
import {
  appendFile,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { inspectArchive } from '#libs/archive';
import { archiveRig, type ArchiveRig } from '../support/archive-rig.ts';
import { canMountTmpfs, hasClient, runClient } from '../support/real-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { plant } from '../support/temp-tree.ts';

const membersOf = async (zip: string): Promise<string[]> =>
  (await inspectArchive(zip)).entries.map(({ name }) => name).toSorted();

const weekOf = async ({ folder }: ArchiveRig): Promise<string[]> =>
  (await readdir(path.join(folder, 'Archive')).catch(() => [])).toSorted();

const backup = { '2001_4620data.txt': 'ABK01\n', 'Müller_4620data.txt': 'ABK02\n' };

it('keeps a rolling week by the clock on the wall: midnight, the end of summer time, a new month', async () => {
  const rig = await archiveRig();
  const hour = 3_600_000;
  const made: string[] = [];
  // Europe/Berlin: summer time ends on Sunday, 25 October 2026, at 3 o'clock.
  const start = Date.parse('2026-10-24T20:10:00Z');
  for (let at = start; at < start + 9 * 24 * hour; at += hour) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (at === start || new Date(at).getUTCHours() === 12) {
      await plant(rig.folder, { '2001_4620data.txt': `saved on ${day}\n` });
    }
    await rig.makeAt(new Date(at).toISOString());
    const name = rig.archive().made?.name ?? '';
    if (made.at(-1)?.slice(-name.length) !== name)
      made.push(`${new Date(at).toISOString()} ${name}`);
  }
  expect(made).toEqual([
    '2026-10-24T20:10:00.000Z Sat_FTParchive.zip',
    '2026-10-24T22:10:00.000Z Sun_FTParchive.zip',
    // One hour more than a day later.
    '2026-10-25T23:10:00.000Z Mon_FTParchive.zip',
    '2026-10-26T23:10:00.000Z Tue_FTParchive.zip',
    '2026-10-27T23:10:00.000Z Wed_FTParchive.zip',
    '2026-10-28T23:10:00.000Z Thu_FTParchive.zip',
    '2026-10-29T23:10:00.000Z Fri_FTParchive.zip',
    '2026-10-30T23:10:00.000Z Sat_FTParchive.zip',
    '2026-10-31T23:10:00.000Z Sun_FTParchive.zip',
    '2026-11-01T23:10:00.000Z Mon_FTParchive.zip',
  ]);
  expect(await weekOf(rig)).toEqual([
    '2026-10',
    ...['Fri', 'Mon', 'Sat', 'Sun', 'Thu', 'Tue', 'Wed'].map((day) => `${day}_FTParchive.zip`),
  ]);
  expect(await membersOf(path.join(rig.backup, 'Mon_FTParchive.zip'))).toEqual([
    '2001_4620data.txt',
  ]);
}, 60_000);

it('packs the telephones’ data and not its own archives; the copy in Backup is the same', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, { ...backup, 'Archive/notes.txt': 'somebody else’s' });
  await rig.makeAt('2026-11-26T12:00:00Z');
  await plant(rig.folder, { '2002_4620data.txt': '' });
  await rig.makeAt('2026-11-26T13:00:00Z');
  const zip = path.join(rig.folder, 'Archive/Thu_FTParchive.zip');
  expect(await membersOf(zip)).toEqual(
    ['2002_4620data.txt', 'Archive/notes.txt', ...Object.keys(backup)].toSorted(),
  );
  expect(await readFile(path.join(rig.backup, 'Thu_FTParchive.zip'))).toEqual(await readFile(zip));
  expect(rig.refusals).toEqual([]);
});

it.skipIf(!hasClient('unzip') || !hasClient('python3') || !hasClient('tar'))(
  'is what others can read (unzip, python3, tar)',
  async () => {
    const rig = await archiveRig();
    await plant(rig.folder, backup);
    await rig.makeAt('2026-11-30T12:00:00Z');
    await rig.makeAt('2026-12-01T12:00:00Z');
    const zip = path.join(rig.backup, 'Tue_FTParchive.zip');
    expect(await runClient('unzip', ['-t', zip])).toMatchObject({ status: 0 });
    const list =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), *sorted(z.namelist()))';
    const python = await runClient('python3', ['-X', 'utf8', '-c', list, zip]);
    expect(python.stdout.toString().trim()).toBe(`None ${Object.keys(backup).join(' ')}`);
    const month = path.join(rig.folder, 'Archive/2026-11/FTParchive.tar.gz');
    const tar = await runClient('tar', ['xzOf', month, 'Müller_4620data.txt'], {
      env: { LC_ALL: 'C.UTF-8' },
    });
    expect(tar).toMatchObject({ status: 0, stdout: Buffer.from('ABK02\n') });
  },
);

it('leaves alone what has not changed since, and makes again what somebody has removed', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, backup);
  await rig.makeAt('2026-11-26T12:00:00Z');
  const zip = path.join(rig.folder, 'Archive/Thu_FTParchive.zip');
  const before = await stat(zip);
  await rig.makeAt('2026-11-26T13:00:00Z');
  rig.restart();
  await rig.makeAt('2026-11-26T14:00:00Z');
  expect((await stat(zip)).ino).toBe(before.ino);
  await unlink(path.join(rig.backup, 'Thu_FTParchive.zip'));
  await rig.makeAt('2026-11-26T15:00:00Z');
  expect(await readdir(rig.backup)).toEqual(['Thu_FTParchive.zip']);
});

it('makes up for a month that ended while the server was down, once', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, backup);
  await rig.makeAt('2026-10-28T12:00:00Z');
  rig.restart();
  await rig.makeAt('2026-12-03T12:00:00Z');
  const month = path.join(rig.folder, 'Archive/2026-10/FTParchive.tar.gz');
  const { ino } = await stat(month);
  await plant(rig.folder, { '2003_4620data.txt': 'later' });
  rig.restart();
  await rig.makeAt('2026-12-03T13:00:00Z');
  // A clock that is set back closes no month, and the month is closed when it really ends.
  await rig.makeAt('2026-11-03T13:00:00Z');
  expect((await stat(month)).ino).toBe(ino);
  expect(await weekOf(rig)).toEqual([
    '2026-10',
    ...['Thu', 'Tue', 'Wed'].map((day) => `${day}_FTParchive.zip`),
  ]);
});

it('makes nothing of an empty folder, and lets the archives of better days stand', async () => {
  const rig = await archiveRig();
  await rig.makeAt('2026-11-26T12:00:00Z');
  expect(await readdir(path.dirname(rig.folder))).toEqual([]);
  await plant(rig.folder, backup);
  await rig.makeAt('2026-11-26T13:00:00Z');
  for (const name of Object.keys(backup)) await rm(path.join(rig.folder, name));
  await rig.makeAt('2026-11-26T14:00:00Z');
  expect(await membersOf(path.join(rig.backup, 'Thu_FTParchive.zip'))).toHaveLength(2);
  expect(rig.refusals).toEqual([]);
});

it('tells what it cannot take and takes the rest: names that no other system has', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, { ...backup, 'a\\b.txt': 'x', 'X.txt': '1', 'x.txt': '2' });
  await rig.makeAt('2026-11-26T12:00:00Z');
  expect(rig.refusals).toMatchObject([{ code: 'ARCHIVE_INCOMPLETE' }]);
  expect(rig.refusals[0]?.sentence).toContain('"a\\\\b.txt", "x.txt"');
  expect(await membersOf(path.join(rig.backup, 'Thu_FTParchive.zip'))).toHaveLength(3);
});

it('leaves out a file that is written to all the time, and takes it an hour later', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, { ...backup, 'log.txt': randomBytes(8_000_000) });
  const log = path.join(rig.folder, 'log.txt');
  const ended = new AbortController();
  const writer = (async () => {
    while (!ended.signal.aborted) await appendFile(log, 'more');
  })();
  onTestFinished(async () => {
    ended.abort();
    await writer;
  });
  await rig.makeAt('2026-11-26T12:00:00Z');
  expect(await membersOf(path.join(rig.backup, 'Thu_FTParchive.zip'))).toHaveLength(2);
  expect(rig.archive().error).toMatchObject({ code: 'ARCHIVE_INCOMPLETE' });
  ended.abort();
  await writer;
  await rig.makeAt('2026-11-26T13:00:00Z');
  expect(await membersOf(path.join(rig.backup, 'Thu_FTParchive.zip'))).toHaveLength(3);
  expect(rig.archive().error).toBeUndefined();
});

it('refuses what does not fit into memory before it reads a byte, and closes the month all the same', async () => {
  const rig = await archiveRig();
  await plant(rig.folder, backup);
  await rig.makeAt('2026-11-26T12:00:00Z');
  const huge = path.join(rig.folder, 'core');
  await writeFile(huge, '');
  // Sparse: takes no space on the disk.
  await truncate(huge, 3 * 1024 ** 3);
  const before = process.memoryUsage().rss;
  await expect(rig.makeAt('2026-12-01T13:00:00Z')).rejects.toHaveProperty(
    'code',
    'ARCHIVE_TOO_LARGE',
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  expect(rig.refusals.map(({ code }) => code)).toEqual(['ARCHIVE_TOO_LARGE']);
  expect(await weekOf(rig)).toEqual(['2026-11', 'Thu_FTParchive.zip']);
});

it.skipIf(!canMountTmpfs())('a full disk leaves the former archive as it was (mount)', async () => {
  const rig = await archiveRig({ folder: await smallDisk(4_000_000) });
  await plant(rig.folder, { '2001_4620data.txt': randomBytes(500_000) });
  await rig.makeAt('2026-11-26T12:00:00Z');
  const places = [path.join(rig.folder, 'Archive'), rig.backup];
  const read = (): Promise<Buffer[]> =>
    Promise.all(places.map((place) => readFile(path.join(place, 'Thu_FTParchive.zip'))));
  const before = await read();
  await plant(rig.folder, { '2002_4620data.txt': randomBytes(1_800_000) });
  await expect(rig.makeAt('2026-11-26T13:00:00Z')).rejects.toHaveProperty('code', 'DISK_FULL');
  expect(await read()).toEqual(before);
  expect(await readdir(rig.backup)).toEqual(['Thu_FTParchive.zip']);
  await unlink(path.join(rig.folder, '2002_4620data.txt'));
  await rig.makeAt('2026-11-26T14:00:00Z');
  expect(rig.archive().error).toBeUndefined();
});
