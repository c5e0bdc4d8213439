import {
  rm,
  truncate,
  appendFile,
  open,
  readFile,
  readdir,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { HubClient } from '#libs/link';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { pushRig, sha256Of } from '../support/push-rig.ts';
import { canMountTmpfs } from '../support/real-client.ts';
import { Relay } from '../support/relay.ts';
import { smallDisk } from '../support/small-disk.ts';

const backup = (hub: HubInABox, ...name: string[]): string =>
  path.join(hub.folder, 'Backup', ...name);

const large = Buffer.alloc(2 * 1024 * 1024, 'a');

/** Something happens to the file between the offer and its first byte. */
function before({ uploads }: HubClient, happens: () => Promise<void>): void {
  const send = uploads.send.bind(uploads);
  Object.assign(uploads, {
    send: async (...words: Parameters<typeof send>) => {
      await happens();
      await send(...words);
    },
  });
}

it.each([
  ['vanishes', (file: string) => rm(file), 'FILE_CHANGED'],
  ['shrinks', (file: string) => truncate(file, 1_000_000), 'FILE_CHANGED'],
  [
    'gets other bytes',
    (file: string) => writeFile(file, Buffer.alloc(large.length, 'b')),
    'DIGEST_MISMATCH',
  ],
] as const)('sends the other files when one %s while it is sent', async (_, happens, code) => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const rig = await pushRig({ clients: [client] });
  await rig.put('archive.zip', large);
  await rig.put('other.zip', Buffer.alloc(300_000, 'o'));
  await rig.put('small.txt', 'small');
  let first = true;
  before(client, async () => {
    if (first) await happens(path.join(rig.folder, 'archive.zip'));
    first = false;
  });
  const run = await rig.run();
  expect(run.files).toMatchObject([
    { name: 'archive.zip', state: 'failed', code },
    { name: 'other.zip', state: 'sent' },
    { name: 'small.txt', state: 'sent' },
  ]);
  expect((await readdir(backup(hub, 'lisbon'))).toSorted()).toEqual(['other.zip', 'small.txt']);
});

it('sends a file that grows as it was offered, and the longer one in the next run', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const rig = await pushRig({ clients: [client] });
  await rig.put('archive.zip', large);
  let first = true;
  before(client, async () => {
    if (first) await appendFile(path.join(rig.folder, 'archive.zip'), 'more');
    first = false;
  });
  expect(await rig.run()).toMatchObject({ state: 'done', files: [{ state: 'sent' }] });
  expect(large.equals(await readFile(backup(hub, 'lisbon', 'archive.zip')))).toBe(true);
  await utimes(path.join(rig.folder, 'archive.zip'), 1_700_000_000, 1_700_000_000);
  expect(await rig.run()).toMatchObject({ state: 'done', files: [{ state: 'sent' }] });
  expect((await readFile(backup(hub, 'lisbon', 'archive.zip'))).subarray(-5).toString()).toBe(
    'amore',
  );
});

it('offers the others when the hub could not read one of them', async () => {
  const hub = await HubInABox.start();
  const rig = await pushRig({ clients: [await hub.branch('lisbon')] });
  const deep = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(240)).join('/');
  await rig.put(`${deep}/deep.txt`, 'deep');
  await rig.put('old.txt', 'old');
  await utimes(path.join(rig.folder, 'old.txt'), new Date(-1e6), new Date(-1e6));
  await rig.put('a\\..\\b.txt', 'backslash');
  await rig.put('CON', 'device');
  await rig.put('good.txt', 'good');
  const run = await rig.run();
  expect(run.files.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
    { name: 'CON', state: 'failed', code: 'UPLOAD_REFUSED' },
    { name: 'a\\..\\b.txt', state: 'failed', code: 'UPLOAD_REFUSED' },
    { name: `${deep}/deep.txt`, state: 'failed', code: 'UPLOAD_REFUSED' },
    { name: 'good.txt', state: 'sent' },
    { name: 'old.txt', state: 'sent' },
  ]);
  expect(await readFile(backup(hub, 'lisbon', 'good.txt'), 'utf8')).toBe('good');
  expect(await readFile(backup(hub, 'lisbon', 'old.txt'), 'utf8')).toBe('old');
});

it('refuses an offer of a million names by its size, before it is read', async () => {
  const hub = await HubInABox.start();
  const { uploads } = await hub.branch('lisbon');
  const file = { name: 'a.txt', size: 1, sha256: sha256Of('x'), modified: 1 };
  await expect(
    uploads.offer(
      'backup',
      Array.from({ length: 1_000_000 }, () => file),
    ),
  ).rejects.toMatchObject({
    code: 'LINK_REQUEST_INVALID',
  });
  expect(await uploads.offer('backup', [file])).toMatchObject({ lacking: [{ index: 0, from: 0 }] });
});

it('puts what a branch sends into its own name space, whatever the name says', async () => {
  const hub = await HubInABox.start();
  const lisbon = await hub.branch('lisbon');
  const porto = await hub.branch('porto');
  const bytes = Buffer.from('of porto');
  const file = { name: 'porto/a.txt', size: bytes.length, sha256: sha256Of(bytes), modified: 1 };
  expect(await lisbon.uploads.sendAll('backup', [{ file, bytes }])).toEqual([undefined]);
  expect(
    (await porto.uploads.offer('backup', [file, { ...file, name: 'a.txt' }])).lacking,
  ).toHaveLength(2);
  expect(await readdir(backup(hub))).not.toContain('porto');
  expect(await readFile(backup(hub, 'lisbon', 'porto', 'a.txt'), 'utf8')).toBe('of porto');
});

it('brings up 300 MB over a cut in little memory, and refuses 2 GB before the first byte where the hub takes less', async () => {
  const hub = await HubInABox.start({ maxUploadBytes: 400 * 1024 * 1024 });
  const relay = await Relay.start(() => hub.port);
  onTestFinished(() => relay.stop());
  const client = hub.client({ ...(await hub.enrol('lisbon')), hubPort: relay.port });
  const rig = await pushRig({ clients: [client] });
  await rig.put('archive.zip', 'PK');
  const size = 300 * 1024 * 1024;
  await truncate(path.join(rig.folder, 'archive.zip'), size);
  await utimes(path.join(rig.folder, 'archive.zip'), 1_700_000_000, 1_700_000_000);
  const start = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - start);
    if (relay.up > 100_000_000 && !cut) {
      cut = true;
      relay.cut();
    }
  }, 10);
  let cut = false;
  onTestFinished(() => {
    clearInterval(watch);
  });
  expect(await rig.run()).toMatchObject({ state: 'failed', code: 'PEER_UNREACHABLE' });
  await expect.poll(async () => (await rig.run()).state, { timeout: 20_000 }).toBe('done');
  expect(relay.up).toBeLessThan(size + 50_000_000);
  expect(peak).toBeLessThan(150 * 1024 * 1024);
  const there = await open(backup(hub, 'lisbon', 'archive.zip'));
  expect((await there.stat()).size).toBe(size);
  await there.close();

  const huge = { name: 'huge.zip', size: 2 ** 31 + 1, sha256: sha256Of('huge'), modified: 1 };
  let asked = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      asked += 1;
      yield await Promise.resolve(large);
    }
  }
  await expect(client.uploads.send('backup', huge, 0, endless())).rejects.toMatchObject({
    code: 'UPLOAD_REFUSED',
  });
  expect(asked).toBeLessThan(50);
  expect(await readdir(backup(hub, '.branchline', 'uploads'))).toEqual([]);
});

it.skipIf(!canMountTmpfs())(
  'says that its disk is full, keeps nothing half-stored, and takes the file when there is room (tmpfs)',
  async () => {
    const disk = await smallDisk(4 * 1024 * 1024);
    const hub = await HubInABox.start({ backups: disk });
    const filler = path.join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(3 * 1024 * 1024));
    const rig = await pushRig({ clients: [await hub.branch('lisbon')] });
    await rig.put('archive.zip', large);
    await rig.put('small.txt', 'small');
    expect(await rig.run()).toMatchObject({ state: 'failed', code: 'PEER_FULL' });
    const below = await readdir(disk, { recursive: true, withFileTypes: true });
    expect(below.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['filler']);
    await rm(filler);
    expect(await rig.run()).toMatchObject({ state: 'done' });
    expect(large.equals(await readFile(path.join(disk, 'lisbon', 'archive.zip')))).toBe(true);
    expect(await readdir(path.join(disk, '.branchline', 'uploads'))).toEqual([]);
  },
);
