import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { commandReference } from '../../apps/docs/command-reference.ts';
import { buildProgram } from '../../apps/cli/program.ts';
import type { Command } from 'commander';
import { describeSettings } from '#libs/settings';
import { documents, shellBlocks } from '../support/documents.ts';
import { guideSections } from '../support/guide-sections.ts';

const pages = documents();

it('is there', () => {
  expect(pages.length).toBeGreaterThan(10);
});

describe.each(pages.map(({ file, text }) => [file, text] as const))('%s', (file, text) => {
  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
    const dead = links.filter((link) => !existsSync(path.join(path.dirname(file), link)));
    expect(dead).toEqual([]);
  });

  it('names tests and scripts that are there', () => {
    const named = [...text.matchAll(/`(test\/[\w./-]+\.ts|packaging\/[\w./-]+)`/g)];
    const gone = named.map(([, name = '']) => name).filter((name) => !existsSync(name));
    expect(gone).toEqual([]);
  });
});

it('the index of how-tos has every page, and every chapter of the Guide', () => {
  const index = readFileSync('docs/how-to/README.md', 'utf8');
  const unlisted = pages
    .map(({ file }) => file)
    .filter((file) => /^docs\/how-to\/(?!README)/.test(file))
    .filter((file) => !index.includes(`](${path.basename(file)})`));
  expect(unlisted).toEqual([]);
  const chapters = [...index.matchAll(/^\| (\d)(?:, (\d))? /gm)].flatMap(
    ([, ...numbers]) => numbers,
  );
  const all = [...new Set(guideSections.map(({ chapter }) => String(chapter)))];
  expect(all.filter((chapter) => !chapters.includes(chapter))).toEqual([]);
});

it('what a how-to lets its reader run is followed by a test', () => {
  const tests = readdirSync('test/e2e', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(path.join('test/e2e', name), 'utf8'));
  const unfollowed = pages
    .filter(({ file, text }) => file.startsWith('docs/how-to/') && shellBlocks(text).length > 0)
    .filter(({ file }) => !tests.some((test) => test.includes(`'${file}'`)));
  expect(unfollowed.map(({ file }) => file)).toEqual([]);
});

it('shows only commands that there are, with options that they have', async () => {
  const program = await buildProgram(undefined);
  const wrong = pages.flatMap(({ file, text }) =>
    shownCommands(text).flatMap((words) => {
      const fault = faultOf(program, words);
      return fault === undefined ? [] : [`${file}: branchline ${words.join(' ')}: ${fault}`];
    }),
  );
  expect(wrong).toEqual([]);
});

it('names only npm scripts and kinds of tests that there are', () => {
  const { scripts } = Value.Parse(
    Type.Object({ scripts: Type.Record(Type.String(), Type.String()) }),
    JSON.parse(readFileSync('package.json', 'utf8')),
  );
  const wrong = pages.flatMap(({ file, text }) => [
    ...[...text.matchAll(/npm run (?:-\S+ )*([a-z][\w:-]*)/g)]
      .filter(([, name = '']) => !Object.hasOwn(scripts, name))
      .map(([shown]) => `${file}: ${shown}`),
    ...[...text.matchAll(/--project ([\w-]+)/g)]
      .filter(([, name = '']) => !existsSync(path.join('test', name)))
      .map(([shown]) => `${file}: ${shown}`),
  ]);
  expect(wrong).toEqual([]);
});

it('docs/reference/commands.md is what `npm run docs` writes', async () => {
  const page = readFileSync('docs/reference/commands.md', 'utf8');
  expect(page).toBe(commandReference(await buildProgram(undefined)));
});

it('names only settings that there are', () => {
  const known = new Set(
    describeSettings().map(({ section, key }) => `${section}/${key}`.toLowerCase()),
  );
  const wrong = pages.flatMap(({ file, text }) =>
    [...text.matchAll(/`\[(\w+)\] (\w+)`/g)]
      .map(([, section = '', key = '']) => `${section}/${key}`)
      .filter((name) => !known.has(name.toLowerCase()))
      .map((name) => `${file}: ${name}`),
  );
  expect(wrong).toEqual([]);
});

/** Each `branchline …` in blocks and between back-quotes, as words. */
function shownCommands(text: string): string[][] {
  const inline = [...text.matchAll(/`branchline ([^`\n]+)`/g)].map(([, words = '']) => words);
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    // Behind -u, -g and -o it is the user.
    .map(
      (line) =>
        /(?:^|[\s/"(])(?<!-[ugo] )branchline ((?!file|server)[a-z].*)$/.exec(line)?.[1] ?? '',
    )
    .map((words) => words.replace(/^.* -- branchline /, '').replace(/^branchline /, ''));
  return [...inline, ...blocks]
    .map((words) => words.replace(/\s(?:#|>|\||&&|;|2>|\)).*$/, ''))
    .map((words) => words.split(/\s+/).filter((word) => word !== ''))
    .filter((words) => words.length > 0 && /^[a-z]/.test(words[0] ?? ''));
}

function faultOf(program: Command, words: readonly string[]): string | undefined {
  let at = program;
  for (const word of words) {
    if (word.startsWith('-')) break;
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    at = next;
  }
  if (at === program) return 'no such command';
  if (at.commands.length > 0 && at.registeredArguments.length === 0 && at.name() === words[0]) {
    const [, second = ''] = words;
    if (/^[a-z][a-z-]*$/.test(second)) return `no sub-command ${second}`;
  }
  const flags = new Set(at.options.flatMap(({ long, short }) => [long, short]));
  const unknown = words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=')[0] ?? '')
    .find((flag) => !flags.has(flag) && !['--help', '--version'].includes(flag));
  return unknown === undefined ? undefined : `no option ${unknown}`;
}
