import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Generated } from './generated.ts';

export interface DebOptions {
  readonly checkout: string;
  /** Empty folder that becomes the root of the package. */
  readonly root: string;
  readonly version: string;
  readonly generated: Generated;
}

/** An administrator's own from the first start on: what stands in packaging, and where. */
const conffiles = {
  'MV_IPTel.ini': '/etc/branchline/MV_IPTel.ini',
  'MV_WatchDog.ini': '/etc/branchline/MV_WatchDog.ini',
  'watchdog/mv_ipstel_alert.sh': '/etc/branchline/mv_ipstel_alert.sh',
} as const;

/** Lay out the package as Debian's policy has it; the product itself is in `usr/lib/branchline` already. */
export async function layOutDeb({ checkout, root, version, generated }: DebOptions): Promise<void> {
  const packaging = path.join(checkout, 'packaging');
  const put = async (from: string, to: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, to)), { recursive: true });
    await cp(path.join(packaging, from), path.join(root, to), { recursive: true });
  };
  for (const [from, to] of Object.entries(conffiles)) await put(from, to);
  for (const unit of await readdir(path.join(packaging, 'systemd'))) {
    await put(`systemd/${unit}`, `lib/systemd/system/${unit}`);
  }
  await put('sysusers.d/branchline.conf', 'usr/lib/sysusers.d/branchline.conf');
  await put('sysctl.d/60-branchline.conf', 'usr/lib/sysctl.d/60-branchline.conf');
  await put('polkit/60-branchline.rules', 'usr/share/polkit-1/rules.d/60-branchline.rules');

  await write(root, 'usr/share/man/man1/branchline.1.gz', await zipped(generated.man));
  await write(root, 'usr/share/bash-completion/completions/branchline', generated.bash);
  await write(root, 'usr/share/zsh/vendor-completions/_branchline', generated.zsh);
  await write(root, 'usr/share/fish/vendor_completions.d/branchline.fish', generated.fish);
  const changes = await readFile(path.join(checkout, 'CHANGELOG.md'), 'utf8');
  await write(root, 'usr/share/doc/branchline/changelog.gz', await zipped(changes));
  await cp(
    path.join(packaging, 'deb/copyright'),
    path.join(root, 'usr/share/doc/branchline/copyright'),
  );
  await cp(path.join(checkout, 'docs'), path.join(root, 'usr/share/doc/branchline/docs'), {
    recursive: true,
  });
  await cp(path.join(checkout, 'README.md'), path.join(root, 'usr/lib/branchline/README.md'));
  await mkdir(path.join(root, 'usr/bin'), { recursive: true });
  await symlink('../lib/branchline/bin/branchline', path.join(root, 'usr/bin/branchline'));
  await control({ checkout, root, version });
}

async function control({ checkout, root, version }: Omit<DebOptions, 'generated'>): Promise<void> {
  const folder = path.join(root, 'DEBIAN');
  const fields = (await readFile(path.join(checkout, 'packaging/deb/control'), 'utf8'))
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architectures[process.arch] ?? process.arch)
    .replace('@INSTALLED_SIZE@', String(Math.ceil((await bytesIn(root)) / 1024)));
  await mkdir(folder);
  await writeFile(path.join(folder, 'control'), fields);
  await writeFile(path.join(folder, 'conffiles'), `${Object.values(conffiles).join('\n')}\n`);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    const text = await readFile(path.join(checkout, 'packaging/deb', script), 'utf8');
    await writeFile(path.join(folder, script), text, { mode: 0o755 });
  }
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

async function bytesIn(root: string): Promise<number> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function write(root: string, to: string, bytes: string | Buffer): Promise<void> {
  const file = path.join(root, to);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

const zip = promisify(gzip);
const zipped = (text: string): Promise<Buffer> => zip(text, { level: 9 });
