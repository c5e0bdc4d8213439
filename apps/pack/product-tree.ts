import { chmod, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';

const lockSchema = Type.Object({
  packages: Type.Record(
    Type.String(),
    Type.Object({
      dev: Type.Optional(Type.Boolean()),
      os: Type.Optional(Type.Array(Type.String())),
      cpu: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});

/** What no installed server reads. */
const unread =
  /(?:^|\/)(?:README[^/]*|CHANGELOG[^/]*|binding\.gyp|test|tests|docs?|examples?|\.github|[^/]+\.(?:map|md|markdown|ts|mts|cts|flow))$/i;

/** What better-sqlite3 and koffi bring to be compiled; JavaScript lies among koffi's sources. */
const sources =
  /^(?:better-sqlite3\/(?:deps|src)|koffi\/(?:lib|vendor|doc|src\/koffi\/CMakeLists\.txt|src\/koffi\/src\/.+(?<!js)))$/;

/**
 * Put together what an installed server runs from, into `target`: the build, the packages of production as the lock
 * file names them, for this kind of machine only, and Node itself. Needs `npm ci` and `npm run build` before, no network.
 */
export async function copyProduct(checkout: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const manifest: unknown = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8'));
  const files = Type.Object({ files: Type.Array(Type.String()) });
  if (!Check(files, manifest)) {
    throw new BranchlineError('INTERNAL', 'package.json names no files: nothing can be packed');
  }
  for (const name of ['package.json', ...manifest.files]) {
    await cp(path.join(checkout, name), path.join(target, name), { recursive: true });
  }
  for (const name of await packagesOf(checkout)) await copyPackage(checkout, name, target);
  const bin = path.join(target, 'node_modules', '.bin');
  await mkdir(bin, { recursive: true });
  const node = path.join(bin, 'node');
  await cp(path.join(checkout, 'node_modules', 'node', 'bin', 'node'), node);
  await chmod(node, 0o755);
}

/** Folders of the packages that run in production on this machine. */
async function packagesOf(checkout: string): Promise<string[]> {
  const lock: unknown = JSON.parse(
    await readFile(path.join(checkout, 'package-lock.json'), 'utf8'),
  );
  if (!Check(lockSchema, lock)) {
    throw new BranchlineError('INTERNAL', 'package-lock.json has another shape than npm 11 writes');
  }
  const fits = (allowed: readonly string[] | undefined, here: string): boolean =>
    allowed === undefined || allowed.includes(here);
  return Object.entries(lock.packages)
    .filter(([folder, { dev }]) => folder !== '' && dev !== true)
    .filter(([, { os, cpu }]) => fits(os, process.platform) && fits(cpu, process.arch))
    .map(([folder]) => folder);
}

async function copyPackage(checkout: string, folder: string, target: string): Promise<void> {
  const from = path.join(checkout, folder);
  const own = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  await cp(from, path.join(target, folder), {
    recursive: true,
    filter: (source) => {
      const inside = path.relative(from, source).split(path.sep).join('/');
      if (inside === '') return true;
      // Packages inside of packages have entries of their own.
      if (inside === 'node_modules' || inside.startsWith('node_modules/')) return false;
      return !unread.test(inside) && !sources.test(`${own}/${inside}`);
    },
  });
  await keepOwnBinary(path.join(target, folder, 'prebuilds'));
}

/** better-sqlite3 brings a binary for each of eight kinds of machine. */
async function keepOwnBinary(prebuilds: string): Promise<void> {
  const names = await readdir(prebuilds).catch(() => []);
  const here = `${process.platform}-${process.arch}.node`;
  for (const name of names) if (name !== here) await rm(path.join(prebuilds, name));
}
