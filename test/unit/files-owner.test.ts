import { link, lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { giveTo } from '#libs/files';
import { tempFolder } from '../support/temp-folder.ts';

const user = { uid: 4242, gid: 4243 };

it.skipIf(process.geteuid?.() !== 0)(
  'gives away what root has made, and nothing that a link leads to (root)',
  async () => {
    const dir = await tempFolder();
    const [made, folder] = [path.join(dir, 'made'), path.join(dir, 'folder')];
    await writeFile(made, 'x');
    await mkdir(folder);
    // As /etc/shadow would be.
    const secret = path.join(dir, 'secret');
    await writeFile(secret, 'x');
    const [soft, hard] = [path.join(dir, 'soft'), path.join(dir, 'hard')];
    await symlink(secret, soft);
    await link(secret, hard);
    await giveTo(user, [made, folder, soft, hard, path.join(dir, 'gone')]);
    const uids = [made, folder, secret].map(async (file) => (await stat(file)).uid);
    expect(await Promise.all(uids)).toEqual([4242, 4242, 0]);
    expect((await lstat(soft)).uid).toBe(0);
  },
);
