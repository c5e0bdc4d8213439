import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { BootedDebian, canBootDebian } from '../support/booted-debian.ts';
import { DebianRoots, debianSource } from '../support/debian-roots.ts';
import { shellBlocks } from '../support/documents.ts';
import {
  allRun,
  hangsAndIsRestarted,
  mayRestartNothingElse,
  restartsFromPage,
} from '../support/installed-services.ts';
import { newerPackage, pack, runIn } from '../support/packed-product.ts';
import { canMountTmpfs, hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { ThrowAwayRoot } from '../support/throw-away-root.ts';

/** As a machine has it that Node was never installed on. */
const bare = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const debian = debianSource();
const packs = hasClient('tar') && hasClient('sha256sum');
const installs = canMountTmpfs() && hasClient('dpkg-deb') && hasClient('unshare');
const boots = packs && installs && debian !== undefined && canBootDebian() && hasClient('curl');

let folder = '';
let deb = '';
let newer = '';
let tarball = '';
/** Of this machine's own release of Debian; where none can be made, what is installed here stands in. */
let roots: DebianRoots | undefined;

async function packAll(): Promise<void> {
  if (packs) tarball = await pack('tar', folder);
  if (!installs) return;
  deb = await pack('deb', folder);
  newer = await newerPackage(deb, folder);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'branchline-packed-'));
  const making = installs && debian !== undefined ? DebianRoots.make(debian) : undefined;
  // Both to their end: nothing may be left behind.
  const [packing, made] = await Promise.allSettled([packAll(), making]);
  if (made.status === 'rejected') throw made.reason;
  roots = made.value;
  if (packing.status === 'rejected') throw packing.reason;
}, 300_000);

afterAll(async () => {
  await roots?.remove();
  await rm(folder, { recursive: true, force: true });
});

it.skipIf(!packs)(
  'runs from the tarball, without its sources and without a Node of the machine (tar, sha256sum)',
  async () => {
    const apart = await tempFolder();
    const sum = [path.basename(tarball), '.sha256'].join('');
    expect((await runClient('sha256sum', ['-c', sum], { cwd: folder })).status).toBe(0);
    const bom = (await readdir(folder)).find((name) => name.endsWith('.cdx.json')) ?? '';
    const { components } = JSON.parse(await readFile(path.join(folder, bom), 'utf8')) as {
      components: { name: string }[];
    };
    const names = components.map(({ name }) => name);
    expect(names).toContain('better-sqlite3');
    expect(names).not.toContain('vitest');

    await runClient('tar', ['-xzf', tarball, '-C', apart], { timeoutMs: 60_000 });
    const product = path.join(apart, path.basename(tarball, '.tar.gz'));
    expect(await readdir(product)).not.toContain('apps');
    const branchline = path.join(product, 'bin', 'branchline');
    expect(await runIn(apart, branchline, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    // Each of its packages is whole: what is optional would be missed by nobody.
    await runIn(product, path.join(product, 'node_modules/.bin/node'), '-e', importsAll);
    const site = await demoSite(apart, 'hub', true);
    await runIn(apart, branchline, 'hub', 'init', '--config', site.config);
    await mkdir(path.join(site.folder, 'data'), { recursive: true });
    const server = spawn(branchline, ['serve', '--config', site.config], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: bare,
    });
    onTestFinished(() => {
      server.kill('SIGKILL');
    });
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.includes('"msg":"ready"')) break;
    }
    const page = await fetch(`http://127.0.0.1:${site.statusPort}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('</html>');
    server.kill('SIGTERM');
    await once(server, 'exit');
    expect(server.exitCode).toBe(0);
  },
);

const importsAll = `
const { dependencies, optionalDependencies } = require('./package.json');
const names = Object.keys({ ...dependencies, ...optionalDependencies });
import('reflect-metadata').then(() => Promise.all(names.map((name) => import(name))));
`;

/** The units' own command lines, as their own user: page of the server, then of the manager. */
const serves = `
start() {
  unit=$1; shift
  command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/$unit.service)
  setpriv --reuid branchline --regid branchline --init-groups "$@" $command >/tmp/$unit.log 2>&1 &
}
page() {
  /usr/lib/branchline/node_modules/.bin/node -e 'const ask = () => fetch("http://127.0.0.1:'$1'/").then((answer) => answer.text())
    .then((page) => { if (!page.includes("</html>")) throw page; }).catch(() => setTimeout(ask, 50)); ask();'
}
start branchline --inh-caps +net_bind_service --ambient-caps +net_bind_service
start branchline-manager
page 6090; page 6099
`;

it.skipIf(!installs)(
  'installs, upgrades, is removed and purged as a Debian package (tmpfs, dpkg-deb, unshare)',
  async () => {
    const root = await ThrowAwayRoot.make({ lower: roots?.minimal ?? '/' });
    await cp(deb, path.join(root.folder, 'srv', 'one.deb'));
    await cp(newer, path.join(root.folder, 'srv', 'two.deb'));
    // All that it needs is there, without a network, without a compiler.
    if (debian !== undefined) await root.run('! command -v node || exit 1; ! command -v cc');
    const began = performance.now();
    await root.run(`dpkg -i /srv/one.deb; ${serves}`);
    expect(performance.now() - began).toBeLessThan(30_000);
    const data = '/var/lib/branchline/data/HTTPdata/46xxsettings.txt';
    await root.run(`echo SET > ${data}; echo '# mine' >> /etc/branchline/MV_IPTel.ini`);

    await root.run(`dpkg --force-confold -i /srv/two.deb; ${serves}`);
    const kept = await root.run(`cat ${data}; tail -1 /etc/branchline/MV_IPTel.ini
      tail -1 /etc/branchline/MV_IPTel.ini.dpkg-dist
      dpkg-query -W -f '\${Version}\n' branchline; stat -c '%U %a' /etc/branchline/MV_IPTel.ini`);
    expect(kept.split('\n').slice(0, 5)).toEqual([
      ...['SET', '# mine', '# of version 99', '99.0.0', 'branchline 640'],
    ]);

    await root.run(`dpkg -r branchline; test -f ${data}; test -f /etc/branchline/MV_IPTel.ini
      test ! -e /usr/bin/branchline; test ! -e /usr/lib/branchline`);
    await root.run('dpkg -P branchline; test ! -e /var/lib/branchline; test ! -e /etc/branchline');
  },
);

/** The commands of a chapter of docs/how-to/install.md, block by block. */
async function blocksOf(chapter: string): Promise<string[]> {
  const page = await readFile('docs/how-to/install.md', 'utf8');
  return shellBlocks(
    page.split(/^(?=## )/m).find((part) => part.startsWith(`## ${chapter}`)) ?? '',
  );
}

/** As a reader runs a block in the folder `/srv`, and says yes when asked. Returns what is printed. */
const follow = (machine: BootedDebian, block = 'missing'): Promise<string> =>
  machine.run(`cd /srv\nyes | bash -eu -c "$(cat <<'BLOCK'\n${block}\nBLOCK\n)"`, 120_000);

it.skipIf(!boots)(
  'is installed, used, upgraded, removed and purged on a Debian of its own as install.md says, word for word (debootstrap, systemd-nspawn, nsenter, dpkg-deb, curl)',
  async () => {
    const root = await ThrowAwayRoot.make({
      lower: roots?.server ?? '/',
      devices: false,
    });
    await cp(deb, path.join(root.folder, 'srv', path.basename(deb)));
    const machine = await BootedDebian.boot(root.folder);
    const [packing, install, status, manager, link, watchdog, upgrade, removal, purge] =
      await blocksOf('On Debian, from the package');
    expect(packing).toBe('npm ci && npm run pack:deb\n');

    const began = performance.now();
    await follow(machine, install);
    await machine.pageAt(6090);
    const firstPageMs = performance.now() - began;
    process.stdout.write(`install to first page: ${(firstPageMs / 1000).toFixed(2)} s\n`);
    expect(firstPageMs).toBeLessThan(30_000);
    expect(await follow(machine, status)).toContain('6090');
    await follow(machine, manager);
    const token = /set-up\?token=([\w-]+)/.exec(await follow(machine, link))?.[1] ?? '';
    expect(token).not.toBe('');
    await follow(machine, watchdog);
    await allRun(machine);
    await machine.run(`man -w branchline; . /usr/share/bash-completion/completions/branchline
      complete -p branchline; ! command -v cc`);

    await mayRestartNothingElse(machine);
    await restartsFromPage(machine, token);
    await hangsAndIsRestarted(machine);

    const data = '/var/lib/branchline/data/HTTPdata/46xxsettings.txt';
    await machine.run(`echo SET > ${data}; echo '# mine' >> /etc/branchline/MV_WatchDog.ini`);
    await rm(path.join(root.folder, 'srv', path.basename(deb)));
    await cp(newer, path.join(root.folder, 'srv', path.basename(newer)));
    const before = await machine.property('branchline', 'MainPID');
    await follow(machine, upgrade);
    await allRun(machine);
    expect(await machine.property('branchline', 'MainPID')).not.toBe(before);
    const kept = await machine.run(`cat ${data}; cd /etc/branchline; tail -qn 1 *.ini
      dpkg-query -W -f '\${Version}\n' branchline; stat -c '%U %a' MV_IPTel.ini`);
    // What was not touched is the new package's; what was is the administrator's.
    expect(kept).toBe('SET\n# of version 99\n# mine\n99.0.0\nbranchline 640\n');

    await follow(machine, removal);
    await machine.run(`test -f ${data}; test -f /etc/branchline/MV_WatchDog.ini
      test ! -e /usr/bin/branchline; test ! -e /usr/lib/branchline`);
    expect(await machine.run('systemctl list-units --all --no-legend branchline\\*')).toBe('');
    await follow(machine, purge);
    await machine.run('test ! -e /var/lib/branchline; test ! -e /etc/branchline');
  },
  300_000,
);

it.skipIf(!boots)(
  'is installed from the tarball on a Debian without a network as install.md says, word for word (debootstrap, systemd-nspawn, nsenter, tar, curl)',
  async () => {
    const root = await ThrowAwayRoot.make({
      lower: roots?.server ?? '/',
      devices: false,
    });
    const beside = (await readdir(folder)).filter((name) => /\.(?:sha256|cdx\.json)$/.test(name));
    for (const name of [path.basename(tarball), ...beside]) {
      await cp(path.join(folder, name), path.join(root.folder, 'srv', name));
    }
    const machine = await BootedDebian.boot(root.folder);
    // Nothing but the line of its head: no route leads out.
    expect(await machine.run('wc -l </proc/net/route; ls /sys/class/net')).toBe('1\nlo\n');
    const [unpacking, installing, starting, ...more] = await blocksOf('On another Linux');
    expect(more).toEqual([]);
    expect(await follow(machine, unpacking)).toContain(': OK\n');
    await follow(machine, installing);
    await follow(machine, starting);
    await machine.run('systemctl start branchline-manager branchline-watchdog');
    await allRun(machine);
    await mayRestartNothingElse(machine);
    const bom = await machine.run('cat /srv/*.cdx.json');
    expect(JSON.parse(bom)).toMatchObject({ bomFormat: 'CycloneDX' });
  },
  180_000,
);
