import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hashFile } from '#libs/files';
import { PublishedFiles, TreesFolder, treesFolders, type FetchedFile } from '#libs/sync';
import { fetched, sha256Of } from '../support/fetched-file.ts';
import { plant } from '../support/temp-tree.ts';
import { publisherRig, type PublisherRig } from '../support/tree-publisher-rig.ts';

const script = fileURLToPath(new URL('../support/publish-and-die.ts', import.meta.url));
const { signal } = new AbortController();

interface PairedRig extends PublisherRig {
  readonly http: TreesFolder;
  /** What of the HTTP tree is the same at both servers. */
  readonly mirrored: () => Promise<string[]>;
  /** Earlier versions in the HTTP tree, as `NAME: bytes`. */
  readonly kept: () => Promise<string[]>;
  readonly inHttp: (name: string) => Promise<string>;
}

async function pairedRig(): Promise<PairedRig> {
  const rig = await publisherRig();
  const { trees, publisher, publications } = rig;
  const published = new PublishedFiles(publications, trees);
  const http = new TreesFolder('http', 'HTTP', { trees, publisher, published });
  const previous = path.join(trees.HTTP, '.branchline', 'previous');
  return {
    ...{ ...rig, http },
    mirrored: async () => {
      const names: string[] = [];
      for (const file of await http.list()) {
        const { sha256 } = await hashFile(http.pathOf(file.name));
        if (http.isMirrored({ ...file, sha256 })) names.push(file.name);
      }
      return names;
    },
    kept: async () => {
      const found: string[] = [];
      for (const entry of await readdir(previous, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !entry.name.includes('-')) continue;
        const bytes = await readFile(path.join(entry.parentPath, entry.name), 'utf8');
        found.push(`${entry.name.replace(/^\d+-/, '')}: ${bytes}`);
      }
      return found.toSorted();
    },
    inHttp: (name) => readFile(path.join(trees.HTTP, name), 'utf8'),
  };
}

it('leaves to updates what an update has put there, as long as it is that', async () => {
  const { trees, publish, rollBack, zip, http, mirrored } = await pairedRig();
  await publish(await zip('a.zip', { 'x.bin': 'one', 'y.bin': 'one' }));
  await writeFile(path.join(trees.HTTP, 'by-hand.txt'), 'of an administrator');
  expect(await mirrored()).toEqual(['by-hand.txt']);
  await writeFile(path.join(trees.HTTP, 'x.bin'), 'edited');
  expect(await mirrored()).toEqual(['by-hand.txt', 'x.bin']);
  // The bytes of the update again, by hand, after an edit that the other server may have taken.
  await writeFile(path.join(trees.HTTP, 'x.bin'), 'one');
  const later = Date.now() / 1000 + 5;
  await utimes(path.join(trees.HTTP, 'x.bin'), later, later);
  expect(await mirrored()).toEqual(['by-hand.txt', 'x.bin']);
  await publish(await zip('a.zip', { 'x.bin': 'two', 'y.bin': 'two' }));
  expect(await mirrored()).toEqual(['by-hand.txt']);
  await rollBack('a.zip');
  expect(await mirrored()).toEqual(['by-hand.txt', 'x.bin', 'y.bin']);
  await publish(await zip('a.zip', { 'x.bin': 'three', 'y.bin': 'three' }));
  expect(await mirrored()).toEqual(['by-hand.txt']);
  await http.take([await fetched(http, 'y.bin', 'from there', { replaces: 'three' })], signal);
  expect(await mirrored()).toEqual(['by-hand.txt', 'y.bin']);
});

it('takes files as one set, upgrade files last, under their own time, and keeps what they replace', async () => {
  const { trees, http, publications, inHttp, kept, internal } = await pairedRig();
  await plant(trees.HTTP, { '46xxsettings.txt': 'old settings', 'new/gone.bin': 'unchanged' });
  const modifiedMs = Date.now() - 3_600_000;
  const files = [
    await fetched(http, '96x1Supgrade.txt', 'SET NEW'),
    await fetched(http, '46xxsettings.txt', 'new', { replaces: 'old settings', modifiedMs }),
    await fetched(http, 'new/folder/x.bin', 'payload'),
  ];
  expect(await http.take(files, signal)).toEqual(new Set(files.map(({ name }) => name)));
  expect(await inHttp('46xxsettings.txt')).toBe('new');
  const { mtimeMs } = await stat(path.join(trees.HTTP, '46xxsettings.txt'));
  expect(Math.round(mtimeMs)).toBe(modifiedMs);
  const [id = 0] = publications.pairedIds();
  expect(publications.files(id).map(({ name }) => name)).toEqual([
    'new/folder/x.bin',
    '46xxsettings.txt',
    '96x1Supgrade.txt',
  ]);
  expect(await kept()).toEqual(['46xxsettings.txt: old settings']);
  expect(await readdir(http.incoming)).toEqual([]);
  expect((await internal()).filter((name) => name.includes('staging'))).toEqual([]);
  expect(publications.newestOfEach().size).toBe(0);
});

it('leaves out what has changed meanwhile, and what something stands in the way of', async () => {
  const { trees, http, inHttp, visible, folder } = await pairedRig();
  await plant(trees.HTTP, { 'a.txt': 'edited', 'new.txt': 'appeared', 'folder/x': 'x', file: 'f' });
  await mkdir(path.join(folder, 'outside'));
  await symlink(path.join(folder, 'outside'), path.join(trees.HTTP, 'link'));
  const before = await visible();
  const out = [
    await fetched(http, 'a.txt', 'theirs', { replaces: 'as it was' }),
    await fetched(http, 'new.txt', 'theirs'),
    await fetched(http, 'gone.txt', 'theirs', { replaces: 'as it was' }),
    await fetched(http, 'folder', 'theirs'),
    await fetched(http, 'file/x', 'theirs'),
    await fetched(http, 'link/x', 'theirs'),
    await fetched(http, '.branchline/x', 'theirs'),
  ];
  expect(await http.take(out, signal)).toEqual(new Set());
  expect(await visible()).toEqual(before);
  const good = await fetched(http, 'good.txt', 'theirs');
  expect(await http.take([...out, good], signal)).toEqual(new Set(['good.txt']));
  expect(await inHttp('good.txt')).toBe('theirs');
  expect(await readdir(http.incoming)).toEqual([]);
  expect(await readdir(path.join(folder, 'outside'))).toEqual([]);
  const late = await fetched(http, 'late.txt', 'theirs');
  await expect(http.take([late], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});

it('removes what still has these bytes, and keeps it', async () => {
  const { trees, http, kept, visible, internal } = await pairedRig();
  await plant(trees.HTTP, { 'a/b.txt': 'last', 'folder/x': 'x' });
  for (const name of ['a/b.txt', 'never.txt', 'folder', 'a/b.txt/c']) {
    expect(await http.remove(name, sha256Of('other'))).toBe(false);
  }
  expect(await http.remove('a/b.txt', sha256Of('last'))).toBe(true);
  expect(Object.keys(await visible())).toEqual(['HTTP:folder/x']);
  expect(await kept()).toEqual(['b.txt: last']);
  await expect(http.remove('../x', sha256Of('x'))).rejects.toMatchObject({
    code: 'PATH_OUTSIDE_TREE',
  });
  expect((await internal()).filter((name) => name.includes('staging'))).toEqual([]);
});

it('keeps what lost against what is here, and bounds what is kept of a file', async () => {
  const { trees, http, kept, inHttp } = await pairedRig();
  await plant(trees.HTTP, { 'a.txt': 'here', 'b.txt': 'replaced' });
  await http.take([await fetched(http, 'b.txt', 'new', { replaces: 'replaced' })], signal);
  await http.take(
    [
      await fetched(http, 'b.txt', 'newer', { replaces: 'new' }),
      await fetched(http, 'a.txt', 'there', { replaces: 'here' }),
    ],
    signal,
  );
  for (const text of ['one', 'two', 'three']) {
    await http.keepVersion(await fetched(http, 'a.txt', text));
  }
  expect(await inHttp('a.txt')).toBe('there');
  // Two of each file, as KeepReleases is set here.
  expect(await kept()).toEqual(['a.txt: three', 'a.txt: two', 'b.txt: new', 'b.txt: replaced']);
  expect(await readdir(http.incoming)).toEqual([]);
});

it('stands in the way of no roll-back, whose file counts as edited, and pushes out nothing it needs', async () => {
  const { publish, rollBack, zip, http, inHttp, publications } = await pairedRig();
  await publish(await zip('a.zip', { 'x.bin': 'one', 'y.bin': 'one' }));
  await publish(await zip('a.zip', { 'x.bin': 'two', 'y.bin': 'two' }));
  let replaces = 'two';
  for (let n = 0; n < 45; n += 1) {
    const modifiedMs = Date.now() + 60_000;
    const file = await fetched(http, 'x.bin', `by hand ${n}`, { replaces, modifiedMs });
    expect(await http.take([file], signal)).toEqual(new Set(['x.bin']));
    replaces = `by hand ${n}`;
  }
  const { back } = await rollBack('a.zip');
  expect(back.filter(({ edited }) => edited).map(({ name, tree }) => `${tree} ${name}`)).toEqual([
    'HTTP x.bin',
  ]);
  expect(await inHttp('x.bin')).toBe('one');
  expect(publications.newest('HTTP')).toBeUndefined();
});

it('makes one area of trees that share a folder', async () => {
  const { trees, publisher, publications } = await pairedRig();
  const areasOf = (folders: typeof trees, taken?: string[]): string[] => {
    const published = new PublishedFiles(publications, folders);
    return treesFolders({ trees: folders, publisher, published }, taken).map(({ area }) => area);
  };
  expect(areasOf(trees)).toEqual(['tftp', 'http', 'https']);
  expect(areasOf({ ...trees, HTTPS: `${trees.HTTP}/` })).toEqual(['tftp', 'http']);
  expect(areasOf({ ...trees, TFTP: trees.FTP }, [trees.FTP])).toEqual(['http', 'https']);
});

/** Ten files of one version: nine of payload, and one that names it. */
const version = (n: number): Record<string, string> => ({
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, at) => [`firmware/part${at}.bin`, `${n}`.repeat(20_000)]),
  ),
  '96x1Supgrade.txt': `${n}`.repeat(20),
});

async function secondVersion({ http, trees, folder }: PairedRig): Promise<string> {
  await plant(trees.HTTP, version(1));
  const files: FetchedFile[] = [];
  for (const [name, bytes] of Object.entries(version(2))) {
    files.push(await fetched(http, name, bytes, { replaces: version(1)[name] ?? '' }));
  }
  const list = path.join(folder, 'fetched.json');
  await writeFile(list, JSON.stringify(files));
  return list;
}

const versionsIn = async (rig: PairedRig): Promise<Set<string>> =>
  new Set(Object.values(await rig.visible()).map((text) => text.slice(0, 1)));

it.each([0.1, 0.3, 0.5, 0.7, 0.9, 1])(
  'kill -9 at %f of the renames: the start after it finishes the new set',
  async (share) => {
    const rig = await pairedRig();
    const list = await secondVersion(rig);
    const words = ['-C', 'source', script, rig.folder, list, '', `${share}`, 'pair'];
    const child = spawn(process.execPath, words, { stdio: 'inherit' });
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(await rig.inHttp('96x1Supgrade.txt')).toBe((share === 1 ? '2' : '1').repeat(20));

    await rig.again().recover();
    expect(await versionsIn(rig)).toEqual(new Set(['2']));
    expect(await rig.kept()).toHaveLength(10);
    expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
  },
);

it.each([1, 5, 10])('kill -9 with %i files staged: one whole set', async (staged) => {
  const rig = await pairedRig();
  const list = await secondVersion(rig);
  const words = ['-C', 'source', script, rig.folder, list, '', '2', 'pair'];
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  const root = path.join(rig.trees.HTTP, '.branchline', 'staging');
  const inStaging = async (): Promise<number> =>
    (await readdir(root, { recursive: true }).catch(() => [])).length - 1;
  while (child.exitCode === null && (await inStaging()) < staged) await turn();
  child.kill('SIGKILL');
  await ended;

  await rig.again().recover();
  expect((await versionsIn(rig)).size).toBe(1);
  expect((await rig.internal()).filter((name) => name.includes('staging'))).toEqual([]);
  await rm(rig.http.incoming, { recursive: true });
});
