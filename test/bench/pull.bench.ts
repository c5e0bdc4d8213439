import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ratioOf, type BenchResult } from './support/bench-result.ts';
import { hubPortOf, identityFolder } from './support/joined-branches.ts';
import { median, timeCommand, withTempFolder } from './support/measure.ts';
import {
  archive,
  promisesOf,
  pullOnce,
  withPair,
  type Pair,
  type Pull,
} from './support/pull-pair.ts';

export const name = 'pull';

const rounds = 3;

export async function run(): Promise<BenchResult> {
  return await withTempFolder((folder) => withPair(folder, (pair) => compare(pair, folder)));
}

/** Ours and the peer's chain over the same TLS from the same hub, in turn. */
async function compare(pair: Pair, folder: string): Promise<BenchResult> {
  const pulls: Pull[] = [];
  const peers: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const { file, sha256 } = await archive(folder, `release-${round}.zip`, 300_000_000, `${round}`);
    const pull = await pullOnce(pair, file);
    const peer = await peerChain(pair, folder, sha256);
    // The first round warms both up.
    if (round > 0) {
      pulls.push(pull);
      peers.push(peer);
    }
  }
  const ours = median(pulls.map(({ ms }) => ms));
  return {
    title: 'Pull of a 300 MB archive of 40 files over mutual TLS, to published in the trees',
    command:
      'curl (same TLS) && sha256sum && unzip && cp -r into the second tree && sync, one after the other',
    figures: [
      {
        label: 'branchline: fetched, verified, unpacked into all trees, published, synced',
        value: ours,
        unit: 'ms',
      },
      { label: 'curl, sha256sum, unzip, cp, sync', value: median(peers), unit: 'ms' },
      ...promisesOf(pulls),
    ],
    ratio: ratioOf('branchline / curl + sha256sum + unzip + cp + sync', ours, median(peers), 1),
  };
}

/** What a careful administrator would have in a script. */
async function peerChain({ hub, branch }: Pair, folder: string, sha256: string): Promise<number> {
  const identity = await identityFolder(branch);
  const hubPort = await hubPortOf(hub);
  const out = path.join(folder, 'peer');
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, 'HTTPdata'), { recursive: true });
  const zip = path.join(out, 'release.zip');
  const url = `https://127.0.0.1:${hubPort}/v1/files/${sha256}`;
  const tls = ['--cacert', 'authority.pem', '--cert', 'certificate.pem', '--key', 'key.pem'];
  let ms = await timeCommand('curl', ['-sf', ...tls, '-o', zip, url], { cwd: identity });
  ms += await timeCommand('sha256sum', [zip]);
  ms += await timeCommand('unzip', ['-q', zip, '-d', path.join(out, 'HTTPdata')]);
  ms += await timeCommand('cp', ['-r', path.join(out, 'HTTPdata'), path.join(out, 'HTTPSdata')]);
  ms += await timeCommand('sync', ['-f', out]);
  return ms;
}
