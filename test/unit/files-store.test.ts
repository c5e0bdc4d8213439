import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, renameSync, utimesSync } from 'node:fs';
import { readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContentStore, copyInto, hashFile, listTree, makeFolder, openInside } from '#libs/files';
import { tempFolder } from '../support/temp-folder.ts';

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('hashing', () => {
  it.each([0, 1, 1_048_576, 1_048_577, 3_500_000])('%i bytes', async (size) => {
    const file = path.join(await tempFolder(), 'x');
    const bytes = randomBytes(size);
    await writeFile(file, bytes);
    expect(await hashFile(file)).toEqual({ sha256: sha256Of(bytes), size });
  });

  it('stops when it is told to', async () => {
    const file = path.join(await tempFolder(), 'x');
    await writeFile(file, randomBytes(10));
    await expect(hashFile(file, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

describe('copying into several places', () => {
  it('copies the bytes and tells their hash', async () => {
    const dir = await tempFolder();
    const bytes = randomBytes(2_200_000);
    await writeFile(path.join(dir, 'from'), bytes);
    const told: number[] = [];
    const digest = await copyInto(
      path.join(dir, 'from'),
      [path.join(dir, 'a'), path.join(dir, 'b')],
      {
        onBytes: (sum) => told.push(sum),
      },
    );
    expect(digest).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
    expect(bytes.equals(await readFile(path.join(dir, 'a')))).toBe(true);
    expect(bytes.equals(await readFile(path.join(dir, 'b')))).toBe(true);
    expect(told).toEqual([1_048_576, 2_097_152, 2_200_000]);
  });

  it.each([
    [
      'longer',
      (from: string) => {
        appendFileSync(from, 'more');
      },
    ],
    [
      'touched',
      (from: string) => {
        utimesSync(from, 2000, 2000);
      },
    ],
    [
      'replaced',
      (from: string) => {
        renameSync(`${from}.new`, from);
      },
    ],
  ])('refuses a source that is edited meanwhile, and leaves nothing: %s', async (_, edit) => {
    const dir = await tempFolder();
    const from = path.join(dir, 'from');
    for (const file of [from, `${from}.new`]) {
      await writeFile(file, randomBytes(3_000_000));
      await utimes(file, 1000, 1000);
    }
    const copy = copyInto(from, [path.join(dir, 'a')], {
      onBytes: (bytes) => {
        if (bytes < 2_000_000) edit(from);
      },
    });
    await expect(copy).rejects.toMatchObject({ code: 'FILE_CHANGED' });
    expect(await readdir(dir)).not.toContain('a');
  });

  it('leaves nothing when it is stopped, or when one destination cannot be made', async () => {
    const dir = await tempFolder();
    const from = path.join(dir, 'from');
    await writeFile(from, randomBytes(3_000_000));
    const stop = new AbortController();
    const copy = copyInto(from, [path.join(dir, 'a')], {
      signal: stop.signal,
      onBytes: () => {
        stop.abort();
      },
    });
    await expect(copy).rejects.toThrow(/abort/);
    await expect(
      copyInto(from, [path.join(dir, 'a'), path.join(dir, 'no', 'b')]),
    ).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    await expect(copyInto(path.join(dir, 'gone'), [path.join(dir, 'a')])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await readdir(dir)).toEqual(['from']);
  });
});

describe('the content store', () => {
  async function store(): Promise<{ dir: string; store: ContentStore }> {
    const dir = await tempFolder();
    const made = new ContentStore(path.join(dir, 'store'));
    await made.prepare();
    return { dir, store: made };
  }

  it('holds a content once, under its hash', async () => {
    const { dir, store: contents } = await store();
    const bytes = randomBytes(5000);
    const sha256 = sha256Of(bytes);
    await writeFile(path.join(dir, 'x'), bytes);
    expect(await contents.has(sha256)).toBe(false);
    expect(await contents.open(sha256)).toBeUndefined();
    expect(await contents.put(path.join(dir, 'x'))).toEqual({ sha256, size: 5000, stored: true });
    expect(await contents.put(path.join(dir, 'x'))).toEqual({ sha256, size: 5000, stored: false });
    expect(await contents.size(sha256)).toBe(5000);
    const handle = await contents.open(sha256);
    expect(await handle?.readFile()).toEqual(bytes);
    await handle?.close();
    expect(await readdir(path.join(dir, 'store', 'incoming'))).toEqual([]);
    await contents.remove(sha256);
    expect(await contents.has(sha256)).toBe(false);
    await contents.remove(sha256);
  });

  it('adopts a fetched file, even when it is here already', async () => {
    const { dir, store: contents } = await store();
    const bytes = randomBytes(100);
    const sha256 = sha256Of(bytes);
    for (const stored of [true, false]) {
      await writeFile(path.join(dir, 'fetched.partial'), bytes);
      expect(await contents.adopt(path.join(dir, 'fetched.partial'), sha256)).toEqual({
        sha256,
        size: 100,
        stored,
      });
      await expect(stat(path.join(dir, 'fetched.partial'))).rejects.toMatchObject({
        code: 'ENOENT',
      });
    }
    expect(await readFile(contents.pathOf(sha256))).toEqual(bytes);
  });

  it('lists what it holds, and sweeps what a crash left half-copied', async () => {
    const { dir, store: contents } = await store();
    const hashes: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      await writeFile(path.join(dir, 'x'), `content ${n}`);
      hashes.push((await contents.put(path.join(dir, 'x'))).sha256);
    }
    await writeFile(path.join(dir, 'store', 'incoming', '.x.00.partial'), 'half');
    await contents.prepare();
    expect(await readdir(path.join(dir, 'store', 'incoming'))).toEqual([]);
    const listed: string[] = [];
    for await (const sha256 of contents.sha256s()) listed.push(sha256);
    expect(listed).toEqual(hashes.toSorted());
  });

  it.each(['../../etc/passwd', '', 'AB'.repeat(32), `${'a'.repeat(64)}/`])(
    'refuses %j as a hash',
    async (sha256) => {
      const { store: contents } = await store();
      await expect(contents.open(sha256)).rejects.toMatchObject({ code: 'NAME_MALFORMED' });
    },
  );
});

describe('opening by a stranger’s name', () => {
  it('opens a file, and links that stay inside', async () => {
    const dir = await tempFolder();
    await makeFolder(path.join(dir, 'tree', 'sub'));
    await writeFile(path.join(dir, 'tree', 'sub', 'x'), 'bytes');
    await symlink('sub', path.join(dir, 'tree', 'link'));
    await symlink('tree', path.join(dir, 'other'));
    for (const [root, name] of [
      ['tree', '/sub/x'],
      ['tree', 'link\\x'],
      ['other', 'sub/x'],
    ] as const) {
      const { handle, stats } = await openInside(path.join(dir, root), name);
      expect(await handle.readFile('utf8')).toBe('bytes');
      expect(stats.size).toBe(5);
      await handle.close();
    }
  });

  it('refuses links that lead out, and links in circles', async () => {
    const dir = await tempFolder();
    await makeFolder(path.join(dir, 'tree'));
    await makeFolder(path.join(dir, 'tree-2'));
    await writeFile(path.join(dir, 'tree-2', 'secret'), 'secret');
    await symlink('/etc/passwd', path.join(dir, 'tree', 'a'));
    await symlink('../tree-2', path.join(dir, 'tree', 'b'));
    await symlink('c', path.join(dir, 'tree', 'c'));
    for (const name of ['a', 'b/secret', 'c']) {
      await expect(openInside(path.join(dir, 'tree'), name)).rejects.toMatchObject({
        code: 'PATH_OUTSIDE_TREE',
      });
    }
  });

  it('finds only regular files', async () => {
    const dir = await tempFolder();
    await makeFolder(path.join(dir, 'sub'));
    await writeFile(path.join(dir, 'x'), 'x');
    for (const name of ['sub', 'absent', 'x/y', 'sub/absent']) {
      await expect(openInside(dir, name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(openInside(dir, '../x')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_TREE' });
  });
});

describe('listing a tree', () => {
  it('names files in order, without ours, and with links that stay inside', async () => {
    const dir = await tempFolder();
    await makeFolder(path.join(dir, 'b', '.branchline'));
    for (const name of ['b/2', 'b/10', 'a.txt', 'b/.branchline/state', '.a.txt.00.partial', 'Z']) {
      await writeFile(path.join(dir, name), name);
    }
    await symlink('a.txt', path.join(dir, 'inside'));
    await symlink('/etc/passwd', path.join(dir, 'outside'));
    await symlink('nowhere', path.join(dir, 'dangling'));
    await symlink('.', path.join(dir, 'circle'));
    const files = await listTree(dir);
    expect(files.map((file) => file.name)).toEqual(['Z', 'a.txt', 'b/10', 'b/2', 'inside']);
    expect(files[1]).toEqual({
      name: 'a.txt',
      size: 5,
      modifiedMs: (await stat(path.join(dir, 'a.txt'))).mtimeMs,
    });
  });

  it('is bounded in files and in depth', async () => {
    const dir = await tempFolder();
    await makeFolder(path.join(dir, '1', '2', '3'));
    await writeFile(path.join(dir, '1', 'x'), '');
    await writeFile(path.join(dir, '1', 'y'), '');
    await expect(listTree(dir, { maxFiles: 1 })).rejects.toMatchObject({ code: 'TREE_TOO_LARGE' });
    await expect(listTree(dir, { maxDepth: 2 })).rejects.toMatchObject({ code: 'TREE_TOO_LARGE' });
    expect(await listTree(dir, { maxFiles: 2, maxDepth: 3 })).toHaveLength(2);
  });
});
