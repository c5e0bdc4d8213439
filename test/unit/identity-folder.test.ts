import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Authority,
  createBranchRequest,
  IdentityFolder,
  type BranchIdentity,
} from '#libs/identity';
import { tempTree } from '../support/temp-tree.ts';

async function newIdentity(authority: Authority): Promise<BranchIdentity> {
  const { csrPem, keyPem } = await createBranchRequest('lisbon');
  const { certificatePem } = await authority.issueBranchCertificate({
    csrPem,
    branch: 'lisbon',
    lifeMs: 86_400_000,
  });
  return {
    keyPem,
    certificatePem,
    authorityPem: authority.certificatePem,
    hubId: authority.hubId,
    host: 'hub.example.com',
    hubPort: 4411,
    joinPort: 4412,
    branch: 'lisbon',
    pin: authority.pin,
  };
}

describe('the identity of a branch', () => {
  it('is nothing before the first join', async () => {
    expect(await new IdentityFolder(path.join(await tempTree(), 'primary')).load()).toBeUndefined();
  });

  it('comes back as it was saved, and its key is for its owner only', async () => {
    const root = await tempTree();
    const folder = new IdentityFolder(path.join(root, 'primary'));
    const identity = await newIdentity(await Authority.open(path.join(root, 'authority')));
    await folder.save(identity);
    expect(await new IdentityFolder(folder.folder).load()).toEqual(identity);
    const [set = ''] = (await readdir(folder.folder)).filter((name) => name !== 'current');
    expect((await stat(path.join(folder.folder, set, 'key.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(folder.folder, set))).mode & 0o777).toBe(0o700);
    expect(await readFile(path.join(folder.folder, set, 'link.json'), 'utf8')).not.toContain('KEY');
  });

  it('is replaced as a whole, and the old key is gone', async () => {
    const root = await tempTree();
    const authority = await Authority.open(path.join(root, 'authority'));
    const folder = new IdentityFolder(path.join(root, 'primary'));
    await folder.save(await newIdentity(authority));
    const renewed = await newIdentity(authority);
    await folder.save(renewed);
    expect(await folder.load()).toEqual(renewed);
    expect(await readdir(folder.folder)).toHaveLength(2);
  });

  it('is the old one when a crash came before the switch, and what it left is gone in time', async () => {
    const root = await tempTree();
    const authority = await Authority.open(path.join(root, 'authority'));
    const folder = new IdentityFolder(path.join(root, 'primary'));
    const identity = await newIdentity(authority);
    await folder.save(identity);
    const left = ['identity-00000000-0000-4000-8000-000000000000', '.identity-1.a1b2.partial'];
    for (const name of left) {
      await mkdir(path.join(folder.folder, name));
      await writeFile(path.join(folder.folder, name, 'key.pem'), 'a key');
    }
    expect(await folder.load()).toEqual(identity);
    await folder.save(identity);
    // They may be another process's, in the middle of its save.
    expect(await readdir(folder.folder)).toEqual(expect.arrayContaining(left));
    const hoursAgo = Date.now() / 1000 - 7_200;
    for (const name of left) await utimes(path.join(folder.folder, name), hoursAgo, hoursAgo);
    await folder.save(identity);
    expect(await readdir(folder.folder)).toHaveLength(2);
    expect(await folder.load()).toEqual(identity);
  });

  it('is never saved with a key that is not the certificate’s', async () => {
    const root = await tempTree();
    const authority = await Authority.open(path.join(root, 'authority'));
    const folder = new IdentityFolder(path.join(root, 'primary'));
    const identity = await newIdentity(authority);
    await folder.save(identity);
    const { keyPem } = await newIdentity(authority);
    await expect(folder.save({ ...identity, keyPem })).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
    });
    expect(await folder.load()).toEqual(identity);
  });

  it.each(['key.pem', 'certificate.pem', 'authority.pem', 'link.json'])(
    'is refused with a clear error when its %s is lost',
    async (file) => {
      const root = await tempTree();
      const folder = new IdentityFolder(path.join(root, 'primary'));
      await folder.save(await newIdentity(await Authority.open(path.join(root, 'authority'))));
      const set = (await readFile(path.join(folder.folder, 'current'), 'utf8')).trim();
      await rm(path.join(folder.folder, set, file));
      await expect(folder.load()).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
    },
  );

  it('does not follow a name that leads out of its folder', async () => {
    const root = await tempTree();
    const other = new IdentityFolder(path.join(root, 'secondary'));
    await other.save(await newIdentity(await Authority.open(path.join(root, 'authority'))));
    const set = (await readFile(path.join(other.folder, 'current'), 'utf8')).trim();
    const folder = new IdentityFolder(path.join(root, 'primary'));
    await mkdir(folder.folder);
    await writeFile(path.join(folder.folder, 'current'), `../secondary/${set}\n`);
    await expect(folder.load()).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
  });
});
