import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { benchCache } from './bench-cache.ts';

const run = promisify(execFile);
const downloadLimitMs = 120_000;

/** The servers to measure against, and a load generator: the Debian package of each, the libraries that it needs, and its program inside. */
const packages = {
  'tftpd-hpa': { needs: ['libwrap0'], program: 'usr/sbin/in.tftpd' },
  atftpd: { needs: ['libwrap0', 'libpcre2-8-0'], program: 'usr/sbin/atftpd' },
  'dnsmasq-base': {
    needs: [
      ...['libnetfilter-conntrack3', 'libnfnetlink0', 'libnftables1', 'libnftnl11', 'libmnl0'],
      ...['libxtables12', 'libjansson4', 'libdbus-1-3', 'libhogweed6', 'libnettle8'],
    ],
    program: 'usr/sbin/dnsmasq',
  },
  nginx: { needs: ['libpcre2-8-0'], program: 'usr/sbin/nginx' },
  wrk: { needs: ['libluajit-5.1-2', 'libssl3'], program: 'usr/bin/wrk' },
  vsftpd: { needs: ['libwrap0', 'libcap2', 'libpam0g'], program: 'usr/sbin/vsftpd' },
  prometheus: { needs: [], program: 'usr/bin/promtool' },
  'pure-ftpd': { needs: ['libcap2', 'libpam0g', 'libsodium23'], program: 'usr/sbin/pure-ftpd' },
} as const;

export type DebianPackage = keyof typeof packages;

/** A program that is run by its path; nothing of it is installed, no service of it starts. */
export interface DebianProgram {
  /** Package and version, as it belongs beside a figure: `nginx 1.22.1-9+deb12u11`. */
  readonly title: string;
  readonly program: string;
  /** Where the package was unpacked: configuration and modules lie below. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Bring the program of a package: downloaded once, by apt's own lists and signatures, and kept in the user's cache.
 * Remove the folder `branchline-bench` there to get a newer version.
 */
export async function debianProgram(name: DebianPackage): Promise<DebianProgram> {
  const cache = benchCache();
  const folder = path.join(cache, name);
  const program = path.join(folder, packages[name].program);
  const isThere = await access(program).then(
    () => true,
    () => false,
  );
  if (!isThere) await unpackInto(cache, name);
  const version = (await readFile(path.join(folder, 'version'), 'utf8')).trim();
  const { stdout: triplet } = await run('dpkg-architecture', ['-qDEB_HOST_MULTIARCH']).catch(() =>
    run('sh', ['-c', 'echo "$(uname -m)-linux-gnu"']),
  );
  const libraries = ['usr/lib', 'lib'].map((lib) => path.join(folder, lib, triplet.trim()));
  const env = { LD_LIBRARY_PATH: libraries.join(':') };
  return { title: `${name} ${version}`, program, folder, env };
}

/** Beside the target first: a run that is killed half-way leaves nothing that looks complete. */
async function unpackInto(cache: string, name: DebianPackage): Promise<void> {
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(path.join(cache, `${name}.`));
  try {
    const wanted = [name, ...packages[name].needs];
    // As root apt would change to a user that may not write here.
    const args = ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...wanted];
    await run('apt-get', args, { cwd: fresh, timeout: downloadLimitMs }).catch((cause: unknown) => {
      const sentence = `apt-get cannot download ${wanted.join(', ')}: run apt-get update`;
      throw new Error(sentence, { cause });
    });
    await run('sh', ['-c', 'for deb in *.deb; do dpkg-deb -x "$deb" .; done'], { cwd: fresh });
    const deb = ['-c', `dpkg-deb -f ${name}_*.deb Version > version && rm *.deb`];
    await run('sh', deb, { cwd: fresh });
    await rename(fresh, path.join(cache, name)).catch(async (error: unknown) => {
      // Another benchmark may have been quicker.
      await access(path.join(cache, name, packages[name].program)).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
