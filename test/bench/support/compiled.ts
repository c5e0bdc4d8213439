import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { benchCache } from './bench-cache.ts';

const run = promisify(execFile);

/** The program of a file in test/bench/load, compiled once per version of it; `flags` such as `-shared`. Needs `cc`. */
export async function compiled(name: string, flags: readonly string[] = []): Promise<string> {
  const source = path.join(import.meta.dirname, '../load', name);
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
  const program = path.join(benchCache(), `${path.parse(name).name}-${digest.slice(0, 12)}`);
  const isThere = await access(program).then(
    () => true,
    () => false,
  );
  if (isThere) return program;
  await mkdir(benchCache(), { recursive: true });
  const fresh = `${program}.${process.pid}`;
  await run('cc', ['-O2', ...flags, '-o', fresh, source]);
  await rename(fresh, program);
  return program;
}
