import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { ServerProcess } from './server-process.ts';
import { mustRun, setLine } from './site.ts';
import { tempFolder } from './temp-folder.ts';

/** Two servers of a pair that have joined each other and hold the same; neither runs yet. */
export async function mirroredPair(): Promise<readonly [DemoSite, DemoSite]> {
  const root = await tempFolder();
  const pair = [await demoSite(root, 'porto', true), await demoSite(root, 'faro', true)] as const;
  for (const site of pair) {
    await setLine(site, 'RunHTTP', '1');
    await append(site, '[UPLOADS]\nHTTPBackupProof=none\n');
    await mustRun('hub', 'init', '--config', site.config);
  }
  const [one, two] = pair;
  const before = [await ServerProcess.start(one.config), await ServerProcess.start(two.config)];
  await joinPeer(one, two);
  await joinPeer(two, one);
  for (const running of before) await running.stop();
  for (const site of pair) {
    await setLine(site, 'PeerHub', '1\nReconcileSeconds=1\nPeerMirror=1\nMirrorSeconds=1');
  }
  return pair;
}

/** `hub` becomes the other hub of `other`. */
async function joinPeer(other: DemoSite, hub: DemoSite): Promise<void> {
  const invitation = await mustRun('hub', 'invite', hub.name, '--config', other.config);
  await mustRun('join', invitation.trim(), '--config', hub.config, '--peer-hub', other.name);
}

async function append({ config }: DemoSite, text: string): Promise<void> {
  await writeFile(config, `${await readFile(config, 'utf8')}${text}`);
}

/** A folder of the server's data. */
export const dataOf = ({ folder }: DemoSite, ...parts: string[]): string =>
  path.join(folder, 'data', ...parts);
