import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One page of the documentation. */
export interface Page {
  /** From the top folder, such as `docs/tutorial.md`. */
  readonly file: string;
  readonly text: string;
}

/** README and everything below docs; decisions are as they were when they were made. */
export function documents(): Page[] {
  const below = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith(`adr${path.sep}`))
    .map((name) => path.join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', ...below].map((file) => ({
    file,
    text: readFileSync(file, 'utf8'),
  }));
}

/** The shell blocks that a reader is to run (```sh), in their order. */
export function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}
