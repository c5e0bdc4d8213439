import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { ifThere, openInside } from '#libs/files';
import { MirrorBook, type MirrorFile } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import type { HubLimits } from '#libs/link';
import { silentLogger } from '#libs/observe';
import { MirrorTaking, MirrorTelling, type MirroredFolder } from '#libs/sync';
import { sha256Of } from '../support/fetched-file.ts';
import { gather } from '../support/gather.ts';
import { HubInABox } from '../support/hub-in-a-box.ts';
import { rawRequest } from '../support/raw-link.ts';
import { tempFolder } from '../support/temp-folder.ts';

type MirrorBytes = ConstructorParameters<typeof MirrorTaking>[0]['source'];

const { signal } = new AbortController();

const nothing = (error: unknown): undefined => {
  if (error instanceof BranchlineError && error.code === 'NOT_FOUND') return undefined;
  throw error;
};

/** A hub with files in a folder, and the other one of its pair over real mutual TLS. */
async function rig(limits: Partial<HubLimits> = {}) {
  const root = await tempFolder();
  const inside = path.join(root, 'HTTPdata');
  await mkdir(inside);
  const hub = await HubInABox.start({
    limits,
    mirror: (journal) => ({
      peer: 'faro',
      keys: () => Promise.resolve([Buffer.alloc(32, 1)]),
      tell: (asked, gone) => new MirrorTelling({ book: new MirrorBook(journal) }).tell(asked, gone),
      open: async (_, name) => (await openInside(inside, name).catch(nothing))?.handle,
    }),
  });
  const book = new MirrorBook(hub.journal);
  const put = async (name: string, bytes: Buffer | string): Promise<MirrorFile> => {
    await writeFile(path.join(inside, name), bytes);
    const { size, mtimeMs } = await stat(path.join(inside, name));
    const file = { name, size, modifiedMs: Math.trunc(mtimeMs), sha256: sha256Of(bytes) };
    book.note('http', [file]);
    return file;
  };
  return { root, inside, hub, put, identity: await hub.enrol('faro') };
}

const digest = 'a'.repeat(64);

it('tells the other server of the pair alone, and refuses what is no question', async () => {
  const { hub, identity, put } = await rig();
  const { sha256 } = await put('a', 'bytes');
  const stranger = await hub.enrol('lisbon');
  expect(await hub.client(identity).mirror.keys()).toEqual([Buffer.alloc(32, 1)]);
  const ask = async (query: string, who = identity): Promise<unknown> => {
    const { status, body } = await rawRequest(hub.port, who, `/v1/mirror${query}`);
    const answer: unknown = JSON.parse(body.toString());
    return status === 200 ? answer : (answer as { code: unknown }).code;
  };
  expect(await ask('?since=0&applied=0')).toMatchObject({
    ...{ next: 1, complete: true, rows: [{ name: 'a', sha256, mine: 1, theirs: 0 }] },
  });
  for (const path of ['?since=0&applied=0', '/keys', `/files/${sha256}?area=http&name=a`])
    expect(await ask(path, stranger)).toBe('CERTIFICATE_STRANGE');
  for (const query of [
    ...[
      '',
      '?since=0',
      '?since=-1&applied=0',
      '?since=0&applied=x',
      '?since=0&applied=0&waitMs=1e3',
    ],
    ...[`/files/${sha256}?area=http`, `/files/${sha256}?area=etc&name=a`],
    `/files/${sha256}?area=http&name=`,
  ]) {
    expect([query, await ask(query)]).toEqual([query, 'LINK_REQUEST_INVALID']);
  }
});

it('gives the bytes of what lies in the folder, and of nothing else', async () => {
  const { root, inside, hub, identity, put } = await rig();
  const { sha256, size } = await put('a', 'bytes');
  await writeFile(path.join(root, 'secret'), 'secret');
  await symlink(path.join(root, 'secret'), path.join(inside, 'link'));
  const file = hub.client(identity).mirror.file('http', { name: 'a', sha256 }, { size });
  expect((await gather(file)).toString()).toBe('bytes');
  const code = async (name: string): Promise<unknown> => {
    const query = new URLSearchParams({ area: 'http', name }).toString();
    const { body } = await rawRequest(hub.port, identity, `/v1/mirror/files/${digest}?${query}`);
    return (JSON.parse(body.toString()) as { code: unknown }).code;
  };
  expect(await code('../secret')).toBe('LINK_REQUEST_INVALID');
  expect(await code('nul\0')).toBe('LINK_REQUEST_INVALID');
  expect(await code('link')).toBe('LINK_REQUEST_INVALID');
  expect(await code('nothing')).toBe('PEER_LACKS_FILE');
});

it('gives no more files at once than its limit', async () => {
  const { hub, identity, put } = await rig({ mirrorFiles: 0 });
  const { sha256, size } = await put('a', 'bytes');
  const file = hub.client(identity).mirror.file('http', { name: 'a', sha256 }, { size });
  await expect(gather(file)).rejects.toMatchObject({ code: 'PEER_BUSY' });
});

/** A tree in memory of what is taken: real fetches, real files. */
async function takingRig(fileMode = 0o666) {
  const there = await rig();
  const { hub, identity } = there;
  const client = hub.client(identity);
  const other = await HubInABox.start();
  const book = new MirrorBook(other.journal);
  const root = await tempFolder();
  const sets: string[][] = [];
  const folder: MirroredFolder = {
    ...{ area: 'http', root, incoming: path.join(root, 'in'), fileMode },
    ...{ tells: false, together: true },
    list: () => Promise.resolve([]),
    pathOf: (name) => path.join(root, name),
    isMirrored: () => true,
    take: async (files) => {
      sets.push(files.map(({ name }) => name).toSorted());
      for (const file of files) await rename(file.path, path.join(root, file.name));
      return new Set(files.map(({ name }) => name));
    },
    keepVersion: () => Promise.resolve(),
    remove: () => Promise.resolve(false),
  };
  const link: { file: MirrorBytes['file'] } = {
    file: (area, file, request) => client.mirror.file(area, file, request),
  };
  const taking = new MirrorTaking({
    ...{ book, reserveBytes: 0, clock: systemClock, log: silentLogger() },
    source: { file: (area, file, request) => link.file(area, file, request) },
    hasSeen: () => true,
    onConflict: () => undefined,
  });
  return {
    ...{ ...there, book, sets, link, client, here: root },
    take: () => taking.take(folder, signal, () => undefined),
    hear: async () =>
      book.learn(
        await client.mirror.catalogue({
          book: book.peer,
          since: book.since,
          applied: 0,
          waitMs: 0,
        }),
      ),
    incoming: async () => (await ifThere(readdir(folder.incoming))) ?? [],
  };
}

it('resumes a large file where it was cut, and takes it with its time', async () => {
  const bytes = randomBytes(3 * 1024 * 1024);
  const cuts = { left: 1 };
  const { put, hear, take, link, client, book, here, incoming } = await takingRig();
  const { modifiedMs } = await put('large.bin', bytes);
  await hear();
  const froms: number[] = [];
  link.file = async function* (area, file, request) {
    froms.push(request.from ?? 0);
    let got = 0;
    for await (const piece of client.mirror.file(area, file, request)) {
      yield piece;
      got += piece.length;
      if (cuts.left > 0 && got > 1024 * 1024) {
        cuts.left -= 1;
        throw new BranchlineError('PEER_UNREACHABLE', 'cut');
      }
    }
  };
  expect(await take()).toMatchObject({ failed: 1, failures: [{ code: 'PEER_UNREACHABLE' }] });
  expect(await ifThere(stat(path.join(here, 'large.bin')))).toBeUndefined();
  expect(await take()).toMatchObject({ failed: 0, changed: true });
  expect(froms[0]).toBe(0);
  expect(froms[1]).toBeGreaterThan(1024 * 1024);
  expect(await readFile(path.join(here, 'large.bin'))).toEqual(bytes);
  expect(Math.round((await stat(path.join(here, 'large.bin'))).mtimeMs)).toBe(modifiedMs);
  expect(await incoming()).toEqual([]);
  expect(book.differing('http', '', 9)).toEqual([]);
});

it.each([
  ['small', '600', 100],
  ['small', '666', 100],
  ['large', '640', 2 * 1024 * 1024],
  ['large', '666', 2 * 1024 * 1024],
])('takes a %s file with the mode %s of its folder, and its time', async (_, octal, size) => {
  const fileMode = Number.parseInt(octal, 8);
  const { put, inside, hear, take, here } = await takingRig(fileMode);
  const { modifiedMs } = await put('a.bin', randomBytes(size));
  await hear();
  expect(await take()).toMatchObject({ failed: 0, changed: true });
  const { mode, mtimeMs } = await stat(path.join(here, 'a.bin'));
  // Made by hand: what the umask leaves.
  const byHand = (await stat(path.join(inside, 'a.bin'))).mode;
  expect((mode & 0o777).toString(8)).toBe((byHand & fileMode).toString(8));
  expect(Math.round(mtimeMs)).toBe(modifiedMs);
});

it.each([
  ['small', 100],
  ['large', 2 * 1024 * 1024],
])('keeps nothing of a %s file that comes with other bytes', async (_, size) => {
  const { put, inside, hear, take, incoming, here } = await takingRig();
  await put('a.bin', randomBytes(size));
  await hear();
  await writeFile(path.join(inside, 'a.bin'), randomBytes(size));
  expect(await take()).toMatchObject({ failed: 1, failures: [{ code: 'DIGEST_MISMATCH' }] });
  expect(await incoming()).toEqual([]);
  expect(await ifThere(stat(path.join(here, 'a.bin')))).toBeUndefined();
});

it('lets settings and upgrade files wait for all that they may name', async () => {
  const { put, inside, hear, take, sets, incoming } = await takingRig();
  for (const name of ['a.bin', 'b.bin', '46xxsettings.txt', '96x1upgrade.txt'])
    await put(name, name);
  await hear();
  await rm(path.join(inside, 'a.bin'));
  expect(await take()).toMatchObject({ failed: 3, changed: true });
  expect(sets).toEqual([['b.bin']]);
  await put('a.bin', 'a.bin');
  await take();
  expect(sets[1]).toEqual(['46xxsettings.txt', '96x1upgrade.txt', 'a.bin']);
  expect(await incoming()).toEqual([]);
});
