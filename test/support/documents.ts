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

export interface CodeBlock {
  /** Behind the fence: `sh` is for the reader to run, `ini` for a settings file; empty when it says none. */
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a page in their order, those in lists without the list's margin. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)].map(
    ([, margin = '', language = '', code = '']) => ({
      language,
      code: code.replaceAll(new RegExp(`^${margin}`, 'gm'), ''),
    }),
  );
}

/** The shell blocks that a reader is to run (```sh), in their order. */
export function shellBlocks(text: string): string[] {
  return codeBlocks(text)
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => code);
}
