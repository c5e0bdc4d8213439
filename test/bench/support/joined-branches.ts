import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Authority, createBranchRequest, createToken } from '#libs/identity';
import { Journal, SqliteHubState } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { demoSite, updatesOf, type DemoSite } from '../../../apps/demo/demo-site.ts';
import { command } from '../../support/launched-server.ts';

/** What a branch has after it has joined. */
export interface Branch {
  readonly hubId: string;
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A hub of its own, ready to start. */
export async function hubSite(folder: string): Promise<DemoSite> {
  const site = await demoSite(folder, 'hub', true);
  const text = await readFile(site.config, 'utf8');
  await writeFile(site.config, text.replace('SettleSeconds=0.3', 'SettleSeconds=1'));
  const { status, stderr } = await command('hub', 'init', '--config', site.config);
  if (status !== 0) throw new Error(stderr);
  await mkdir(updatesOf(site), { recursive: true });
  return site;
}

/** What joining many times leaves behind; one key serves all, as only the certificates are told apart. */
export async function joinedBranches(site: DemoSite, count: number): Promise<Branch[]> {
  const authority = await Authority.open(path.join(site.folder, 'certs', 'authority'));
  await mkdir(path.join(site.folder, 'state'), { recursive: true });
  const journal = new Journal(path.join(site.folder, 'state', 'branchline.db'));
  // Only the preparation: nothing here is to survive a power cut.
  journal.run('pragma synchronous = OFF');
  const state = new SqliteHubState(journal);
  const branches: Branch[] = [];
  const { csrPem, keyPem } = await createBranchRequest('many');
  for (let n = 0; n < count; n += 1) {
    const branch = `branch-${n}`;
    const now = systemClock.now();
    const issued = await authority.issueBranchCertificate({ csrPem, branch, lifeMs: 86_400_000 });
    const { tokenHash } = createToken();
    await state.addInvitation({ tokenHash, branch, createdAt: now, expiresAt: now + 60_000 });
    await state.redeem(tokenHash, { ...issued, issuedAt: now }, now);
    branches.push({
      hubId: authority.hubId,
      authorityPem: authority.certificatePem,
      certificatePem: issued.certificatePem,
      keyPem,
    });
  }
  journal.close();
  return branches;
}

/** Where a hub listens for branches. */
export async function hubPortOf({ config }: DemoSite): Promise<number> {
  return Number(/^HubPort=(\d+)$/m.exec(await readFile(config, 'utf8'))?.[1]);
}

/** The folder with `authority.pem`, `certificate.pem` and `key.pem` of a joined branch, for curl. */
export async function identityFolder({ folder }: DemoSite): Promise<string> {
  const primary = path.join(folder, 'certs', 'primary');
  const [identity] = (await readdir(primary)).filter((entry) => entry.startsWith('identity-'));
  return path.join(primary, identity ?? '');
}
