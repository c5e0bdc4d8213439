import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { runClient } from './real-client.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Run a program to its good end; returns its output. */
export async function runIn(folder: string, program: string, ...words: string[]): Promise<string> {
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await once(child, 'close');
  expect(child.exitCode, `${program} ${words.join(' ')}`).toBe(0);
  return out;
}

let built: Promise<string> | undefined;

/**
 * Pack the product as a release does, only faster, into a folder. Returns the file. `npm test` has built it, and other
 * tests run from it meanwhile; else for one test file, for it builds `dist`.
 */
export async function pack(kind: 'deb' | 'tar', into: string): Promise<string> {
  if (process.env['BRANCHLINE_DIST'] === undefined) {
    await (built ??= runIn(checkout, 'npm', 'run', '--silent', 'build'));
  }
  const words = ['-C', 'source', 'apps/pack/main.ts', kind, '--into', into, '--level', '1'];
  await runIn(checkout, process.execPath, ...words);
  const ending = kind === 'deb' ? '.deb' : '.tar.gz';
  const name = (await readdir(into)).find((file) => file.endsWith(ending)) ?? '';
  return path.join(into, name);
}

/** The same package as version 99.0.0, with a changed settings file of its own. Returns the file, in a new folder of `folder`. */
export async function newerPackage(deb: string, folder: string): Promise<string> {
  const tree = path.join(folder, 'tree');
  await runClient('dpkg-deb', ['-R', deb, tree]);
  const control = path.join(tree, 'DEBIAN', 'control');
  const fields = await readFile(control, 'utf8');
  await writeFile(control, fields.replace(/^Version: .*$/m, 'Version: 99.0.0'));
  await appendFile(path.join(tree, 'etc/branchline/MV_IPTel.ini'), '# of version 99\n');
  const file = path.join(folder, 'branchline_99.0.0_amd64.deb');
  await runClient('dpkg-deb', ['--root-owner-group', '-Znone', '-b', tree, file]);
  return file;
}
