import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { openapi } from '#libs/pages';
import { hasClient } from '../support/real-client.ts';

const textual = /(?:\.(?:ts|js|json|md|sh|sql|css|html|ya?ml|service|ini|cnf|conf)|\/[^.]+)$/;

/** Every text file that is committed; none outside of a git checkout. */
const listed = hasClient('git') ? spawnSync('git', ['ls-files', '-z']).stdout.toString() : '';
const files = listed
  .split('\0')
  .filter((file) => textual.test(file) && !file.startsWith('test/fixtures/') && existsSync(file));
const noGit = files.length === 0;

const read = (file: string): string => readFileSync(file, 'utf8');

const programs = files.filter((file) => /^(apps|libs)\/.*\.ts$/.test(file));

it.skipIf(noGit)('has no program file past 350 lines: there is a second noun in it (git)', () => {
  expect(programs.length).toBeGreaterThan(50);
  const long = programs.filter((file) => read(file).split('\n').length > 351);
  expect(long).toEqual([]);
});

it.skipIf(noGit)('names no folder or tool of the machine it was written on (git)', () => {
  // Whatever machine runs this test: what it wrote down about itself would show there.
  const everywhere = /^\/(?:app|home|mnt|opt|root|src|srv|tmp|usr|var)?$/;
  const here = [process.cwd(), path.dirname(process.cwd())].filter(
    (folder) => !everywhere.test(folder),
  );
  const named = files
    .filter((file) => file !== 'package-lock.json')
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, at) =>
          here.some((folder) => line.includes(`${folder}/`)) ? [`${file}:${at + 1}`] : [],
        ),
    );
  expect(named).toEqual([]);
});

it('docs/reference/openapi.json is what `npm run docs` writes: a change of the API shows in review', () => {
  const committed: unknown = JSON.parse(read('docs/reference/openapi.json'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(openapi())));
});

it('locks packages by name, version and digest, and to no host', () => {
  const lock = read('package-lock.json');
  expect(lock).toContain('"integrity": "sha512-');
  expect(lock).not.toMatch(/"resolved": "[a-z+]+:/);
});

it('explains every dependency, in the version it has', () => {
  const versions = Type.Record(Type.String(), Type.String());
  const manifest = Value.Parse(
    Type.Object({
      dependencies: versions,
      optionalDependencies: versions,
      devDependencies: versions,
    }),
    JSON.parse(read('package.json')),
  );
  const rows = read('docs/dependencies.md').split('\n');
  const all = Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  });
  const unexplained = all.filter(
    ([name, version]) => !rows.some((row) => row.includes(`\`${name}\``) && row.includes(version)),
  );
  expect(unexplained).toEqual([]);
  const named = rows.flatMap((row) =>
    /^\| `/.test(row) ? [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)] : [],
  );
  expect(named.map((match) => match[1]).toSorted()).toEqual(all.map(([name]) => name).toSorted());
});

it.skipIf(noGit)(
  'names the client that a test needs in its title, so that the closing lines can count it (git)',
  () => {
    const unnamed = files
      .filter((file) => /^test\/.*\.test\.ts$/.test(file))
      .flatMap((file) =>
        [...read(file).matchAll(/skipIf\(!hasClient\('([^']+)'\)\)\(\s*(['"`])(.*?)\2,/gs)]
          .filter(
            ([, client = '', , title = '']) => !/\(([^()]*)\)$/.exec(title)?.[1]?.includes(client),
          )
          .map(([, client, , title]) => `${file}: "${title}" needs ${client}`),
      );
    expect(unnamed).toEqual([]);
  },
);

it.skipIf(noGit)('has no link in its documents that leads nowhere (git)', () => {
  const broken = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !existsSync(path.join(path.dirname(file), link)))
        .map((link) => `${file}: ${link}`),
    );
  expect(broken).toEqual([]);
});
