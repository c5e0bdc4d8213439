import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { hashFile } from '#libs/files';
import { version } from '../cli/version.ts';
import { layOutDeb } from './deb-tree.ts';
import { billOfMaterials, generate } from './generated.ts';
import { copyProduct } from './product-tree.ts';

const run = promisify(execFile);

/** `npm run pack:deb` and `npm run pack:tar`: what is installed, from a checkout after `npm ci`; the results lie in `packed/`. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    into: { type: 'string', default: 'packed' },
    /** Of compression. */
    level: { type: 'string', default: '9' },
  },
});
const checkout = process.cwd();
const out = path.resolve(values.into);
await mkdir(out, { recursive: true });
const work = await mkdtemp(path.join(tmpdir(), 'branchline-pack-'));
try {
  const file = positionals[0] === 'deb' ? await packDeb() : await packTarball();
  const { sha256, size } = await hashFile(file);
  await writeFile(`${file}.sha256`, `${sha256}  ${path.basename(file)}\n`);
  const bom = path.join(out, `branchline-${version}.cdx.json`);
  await writeFile(bom, await billOfMaterials(checkout));
  process.stdout.write(`${file} ${String(size)} bytes\n`);
} finally {
  await rm(work, { recursive: true, force: true });
}

async function packDeb(): Promise<string> {
  const root = path.join(work, 'root');
  await copyProduct(checkout, path.join(root, 'usr/lib/branchline'));
  await layOutDeb({ checkout, root, version, generated: await generate(checkout) });
  // What a person's umask made of them is not what the package says.
  await run('chmod', ['-R', 'u=rwX,go=rX', root]);
  const file = path.join(
    out,
    `branchline_${version}_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`,
  );
  // zstd: Debian 12 and later read it, and unpack it five times as fast as xz.
  await run('dpkg-deb', [
    '--root-owner-group',
    '-Zzstd',
    `-z${values.level}`,
    '--build',
    root,
    file,
  ]);
  return file;
}

async function packTarball(): Promise<string> {
  const name = `branchline-${version}-${process.platform}-${process.arch}`;
  const folder = path.join(work, name);
  await copyProduct(checkout, folder);
  for (const part of ['README.md', 'CHANGELOG.md', 'docs']) {
    await cp(path.join(checkout, part), path.join(folder, part), { recursive: true });
  }
  const file = path.join(out, `${name}.tar.gz`);
  const zip = ['-I', `gzip -${values.level}`];
  const words = [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    ...zip,
    '-cf',
    file,
    name,
  ];
  await run('tar', words, { cwd: work });
  return file;
}
