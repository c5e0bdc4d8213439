import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from './clients.ts';
import { canMountTmpfs, findClient, hasClient, runClient } from './real-client.ts';
import { runInRoot } from './throw-away-root.ts';

/** An archive of Debian's packages, and the release in it. */
export interface DebianSource {
  readonly uri: string;
  readonly suite: string;
}

/**
 * Where this machine's apt-get gets the release of Debian that the machine itself is, when a root can be made from
 * it here: for root, with debootstrap, and with an archive that answers. Found out once.
 */
export function debianSource(): DebianSource | undefined {
  looked ??= { found: look() };
  return looked.found;
}

let looked: { readonly found: DebianSource | undefined } | undefined;

function look(): DebianSource | undefined {
  const curl = findClient('curl');
  if (curl === undefined || !hasClient('debootstrap') || !hasClient('unshare')) return;
  if (!canMountTmpfs() || !existsSync('/etc/debian_version')) return;
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const ask = ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)'];
  const { stdout } = spawnSync('apt-get', ask, { encoding: 'utf8', timeout: 10_000 });
  const uri = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, release, component]) => release === suite && component === 'main')?.[0];
  if (suite === undefined || uri === undefined) return;
  const looks = ['-fsIL', '--max-time', '10', '-o', '/dev/null', `${uri}dists/${suite}/Release`];
  return spawnSync(curl, looks, { timeout: 15_000 }).status === 0 ? { uri, suite } : undefined;
}

/** Roots of a real Debian for `ThrowAwayRoot` to start from: in memory, made once for the tests of a file. */
export class DebianRoots {
  /** What debootstrap calls minbase, and sudo. */
  readonly minimal: string;
  /** The same with systemd, polkit and manual pages: a small server. */
  readonly server: string;
  readonly #memory: string;

  private constructor(memory: string) {
    this.#memory = memory;
    this.minimal = path.join(memory, 'minimal');
    this.server = `${path.join(memory, 'server')}:${this.minimal}`;
  }

  /** Takes half a minute and 120 MB of packages. @throws when a step fails; nothing is left then. */
  static async make({ uri, suite }: DebianSource): Promise<DebianRoots> {
    const memory = await mkdtemp(path.join(tmpdir(), 'branchline-debian-'));
    const roots = new DebianRoots(memory);
    try {
      await run('mount', '-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', memory);
      const words = ['--variant=minbase', '--include=sudo', suite, roots.minimal, uri];
      await run('debootstrap', ...words);
      await roots.#addServer();
    } catch (error) {
      await roots.remove();
      throw error;
    }
    return roots;
  }

  async #addServer(): Promise<void> {
    const folder = (name: string): string => path.join(this.#memory, name);
    for (const name of ['server', 'work', 'root']) await mkdir(folder(name));
    const layers = `lowerdir=${this.minimal},upperdir=${folder('server')},workdir=${folder('work')}`;
    await run('mount', '-t', 'overlay', '-o', layers, 'overlay', folder('root'));
    try {
      await runInRoot(folder('root'), installServer, { network: 'shared', timeoutMs: 240_000 });
    } finally {
      await run('umount', folder('root'));
    }
  }

  async remove(): Promise<void> {
    await runClient('umount', ['-l', this.#memory]);
    await rm(this.#memory, { recursive: true, force: true });
  }
}

/** No daemon is started by its package (invoke-rc.d(8)); the lists stay, for who installs more. */
const installServer = `
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -y -qq --no-install-recommends systemd-sysv dbus polkitd man-db
apt-get clean
echo branch >/etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 branch\\n' >/etc/hosts
rm /usr/sbin/policy-rc.d
`;

async function run(client: Client, ...words: string[]): Promise<void> {
  const { status, stdout, stderr } = await runClient(client, words, { timeoutMs: 240_000 });
  if (status !== 0) throw new Error(`${client}: exit ${status}: ${stdout.toString()}${stderr}`);
}
