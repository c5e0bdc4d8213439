import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { HubClient } from '#libs/link';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { pushRig, sha256Of } from '../support/push-rig.ts';
import { Relay } from '../support/relay.ts';

const ask = (name: string, bytes: Buffer | string) => ({
  name,
  size: Buffer.byteLength(bytes),
  sha256: sha256Of(bytes),
  modified: 1,
});

async function* only(...pieces: (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

const backup = (hub: HubInABox, ...name: string[]): string =>
  path.join(hub.folder, 'Backup', ...name);

async function counted(client: HubClient): Promise<{ offers: number; sends: number }> {
  const counts = { offers: 0, sends: 0 };
  const { uploads } = client;
  const offer = uploads.offer.bind(uploads);
  const sendAll = uploads.sendAll.bind(uploads);
  Object.assign(uploads, {
    offer: (...words: Parameters<typeof offer>) => {
      counts.offers += 1;
      return offer(...words);
    },
    sendAll: (...words: Parameters<typeof sendAll>) => {
      counts.sends += 1;
      return sendAll(...words);
    },
  });
  return Promise.resolve(counts);
}

it('brings up what is new, once, and asks one small question when nothing is', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const rig = await pushRig({ clients: [client] });
  await rig.put('2001_4620data.txt', 'one');
  await rig.put('folder/2002_4620data.txt', '');
  expect(await rig.run()).toMatchObject({
    state: 'done',
    files: [
      { what: 'backup', name: '2001_4620data.txt', state: 'sent', bytes: 3 },
      { name: 'folder/2002_4620data.txt', state: 'sent', bytes: 0 },
    ],
  });
  expect(await readFile(backup(hub, 'lisbon', '2001_4620data.txt'), 'utf8')).toBe('one');
  expect(await readFile(backup(hub, 'lisbon', 'folder', '2002_4620data.txt'), 'utf8')).toBe('');

  const counts = await counted(client);
  expect(await rig.run()).toMatchObject({ state: 'done', files: [] });
  expect(counts).toEqual({ offers: 1, sends: 0 });

  await rig.put('2001_4620data.txt', 'two');
  await rig.run();
  expect(await readFile(backup(hub, 'lisbon', '2001_4620data.txt'), 'utf8')).toBe('two');
  await rig.put('2001_4620data.txt', 'one');
  await rig.run();
  expect(await readFile(backup(hub, 'lisbon', '2001_4620data.txt'), 'utf8')).toBe('one');
});

it('offers everything again to a hub that was set up anew', async () => {
  const first = await HubInABox.start();
  const second = await HubInABox.start();
  const clients = [await first.branch('lisbon'), await second.branch('lisbon')] as const;
  const rig = await pushRig({ clients: [clients[0]] });
  await rig.put('a.txt', 'a');
  await rig.run();
  // The same place in the settings, another ledger behind it.
  Object.assign(clients[0].uploads, {
    offer: clients[1].uploads.offer.bind(clients[1].uploads),
    sendAll: clients[1].uploads.sendAll.bind(clients[1].uploads),
  });
  expect(await rig.run()).toMatchObject({ state: 'done', files: [{ name: 'a.txt' }] });
  expect(await readFile(backup(second, 'lisbon', 'a.txt'), 'utf8')).toBe('a');
});

it('goes on in the middle of a large file whose link was cut', async () => {
  const hub = await HubInABox.start();
  const bytes = randomBytes(6 * 1024 * 1024);
  const relay = await Relay.start(() => hub.port);
  onTestFinished(() => relay.stop());
  const identity = await hub.enrol('lisbon');
  const client = hub.client({ ...identity, hubPort: relay.port });
  const there = async (): Promise<number> =>
    (await client.uploads.offer('backup', [ask('archive.zip', bytes)])).lacking[0]?.from ?? 0;
  const cut = Promise.withResolvers<undefined>();
  async function* stalling(): AsyncGenerator<Buffer> {
    yield bytes.subarray(0, 4 * 1024 * 1024);
    await cut.promise;
    yield bytes.subarray(4 * 1024 * 1024);
  }
  const sending = client.uploads.send('backup', ask('archive.zip', bytes), 0, stalling());
  const failed = expect(sending).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  await expect.poll(there, { timeout: 20_000 }).toBeGreaterThan(3_000_000);
  relay.cut();
  cut.resolve(undefined);
  await failed;

  const rig = await pushRig({ clients: [client] });
  await rig.put('archive.zip', bytes);
  const before = relay.up;
  // The hub hears of the cut a little later than the branch.
  await expect.poll(async () => (await rig.run()).state, { timeout: 20_000 }).toBe('done');
  expect(relay.up - before).toBeLessThan(3_500_000);
  expect((await readFile(backup(hub, 'lisbon', 'archive.zip'))).equals(bytes)).toBe(true);
  expect(await readdir(backup(hub, '.branchline', 'uploads'))).toEqual([]);
});

it('keeps nothing of a file whose digest lies', async () => {
  const hub = await HubInABox.start();
  const { uploads } = await hub.branch('lisbon');
  const lie = { ...ask('a.txt', 'good'), sha256: sha256Of('other') };
  expect(await uploads.sendAll('backup', [{ file: lie, bytes: Buffer.from('good') }])).toEqual([
    expect.objectContaining({ code: 'DIGEST_MISMATCH' }),
  ]);
  await expect(uploads.send('backup', lie, 0, only('good'))).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
  });
  const { lacking } = await uploads.offer('backup', [lie, ask('a.txt', 'good')]);
  expect(lacking).toEqual([
    { index: 0, from: 0 },
    { index: 1, from: 0 },
  ]);
  expect(await readdir(backup(hub, '.branchline', 'uploads'))).toEqual([]);
});

it('refuses names that leave the branch’s own folder, and takes the others', async () => {
  const hub = await HubInABox.start();
  const { uploads } = await hub.branch('lisbon');
  const names = ['../porto/a.txt', '/etc/passwd', 'a\\..\\..\\b', `${'x'.repeat(300)}.txt`, 'NUL'];
  const files = [...names, 'good.txt'].map((name) => ({
    file: ask(name, 'x'),
    bytes: Buffer.from('x'),
  }));
  const problems = await uploads.sendAll('backup', files);
  expect(problems.slice(0, -1).map((problem) => problem?.code)).toEqual(
    Array.from(names, () => 'UPLOAD_REFUSED'),
  );
  expect(problems.at(-1)).toBeUndefined();
  for (const name of names) {
    await expect(uploads.send('backup', ask(name, 'x'), 0, only('x'))).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
    });
  }
  const below = await readdir(backup(hub), { recursive: true });
  expect(below.filter((name) => !name.startsWith('.branchline'))).toEqual(
    expect.arrayContaining(['lisbon', 'lisbon/good.txt']),
  );
  expect(below).not.toContain('porto');
});

it('refuses an offer of more names than it may have, a body that is too short, and a kind it does not take', async () => {
  const hub = await HubInABox.start();
  const { uploads } = await hub.branch('lisbon');
  const many = Array.from({ length: 1001 }, (_, n) => ask(`${n}.txt`, 'x'));
  await expect(uploads.offer('backup', many)).rejects.toMatchObject({
    code: 'LINK_REQUEST_INVALID',
  });
  await expect(uploads.offer('bcms', [])).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
  const file = ask('a.txt', 'x');
  await expect(uploads.send('backup', file, 1, only())).rejects.toMatchObject({
    code: 'LENGTH_MISMATCH',
  });
});

it('keeps both when other bytes come under the name of a record, and takes no record twice', async () => {
  const hub = await HubInABox.start();
  const client = await hub.branch('lisbon');
  const rig = await pushRig({ kind: 'cdr', clients: [client] });
  const folder = path.join(hub.folder, 'CDRBackup', 'lisbon');
  await rig.put('S000123-0001-261126-10_00', 'first');
  await rig.run();
  await rig.put('S000123-0001-261126-10_00', 'second');
  await rig.run();
  const beside = `S000123-0001-261126-10_00~${sha256Of('second').slice(0, 8)}`;
  expect((await readdir(folder)).toSorted()).toEqual(['S000123-0001-261126-10_00', beside]);
  expect(await readFile(path.join(folder, beside), 'utf8')).toBe('second');

  // The collector has taken it away: it is known all the same.
  await rm(path.join(folder, 'S000123-0001-261126-10_00'));
  const { lacking } = await client.uploads.offer('cdr', [
    ask('S000123-0001-261126-10_00', 'first'),
  ]);
  expect(lacking).toEqual([]);
});

it('lets a newer backup come after the body that its branch was killed in', async () => {
  const hub = await HubInABox.start();
  const framed = (name: string, text: string) => {
    const bytes = Buffer.from(text);
    const modified = Date.now() - 60_000;
    return { file: { name, size: bytes.length, sha256: sha256Of(bytes), modified }, bytes };
  };
  const others = Array.from({ length: 200 }, (_, n) => framed(`other-${n}.txt`, 'other'));
  const older = framed('2001_4620data.txt', 'older');
  const newer = framed('2001_4620data.txt', 'newer');
  const killedIn = hub.intake.receiveAll('lisbon', 'backup', [...others, older]);
  expect(await hub.intake.lacking('lisbon', 'backup', [newer.file])).toEqual([
    { index: 0, from: 0 },
  ]);
  await hub.intake.receiveAll('lisbon', 'backup', [newer]);
  await killedIn;
  expect(await readFile(backup(hub, 'lisbon', '2001_4620data.txt'), 'utf8')).toBe('newer');
});
