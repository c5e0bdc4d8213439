import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the command writes about itself. */
export interface Generated {
  readonly man: string;
  readonly bash: string;
  readonly zsh: string;
  readonly fish: string;
}

/** Ask the built command. */
export async function generate(checkout: string): Promise<Generated> {
  const ask = async (...words: string[]): Promise<string> => {
    const env = { ...process.env, BRANCHLINE_DIST: '1' };
    const { stdout } = await run(path.join(checkout, 'bin/branchline'), ['gen', ...words], { env });
    return stdout;
  };
  const [man, bash, zsh, fish] = await Promise.all([
    ask('man'),
    ask('completion', 'bash'),
    ask('completion', 'zsh'),
    ask('completion', 'fish'),
  ]);
  return { man, bash, zsh, fish };
}

/** CycloneDX, of the packages that are in the product. */
export async function billOfMaterials(checkout: string): Promise<string> {
  const words = ['sbom', '--omit', 'dev', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await run('npm', words, { cwd: checkout, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
