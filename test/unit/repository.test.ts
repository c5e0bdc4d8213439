import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
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
  const machine = /\/(?:work|farm)\/|\/tmp\/(?:bash_jobs|helpers|studio)|farm-(?:studio|bench)/;
  const named = files
    .filter((file) => file !== 'package-lock.json')
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, at) => (machine.test(line) ? [`${file}:${at + 1}`] : [])),
    );
  expect(named).toEqual([]);
});

it('locks no package to another host than the public registry', () => {
  const hosts = read('package-lock.json').match(/"resolved": "[a-z+]+:\/\/[^/]+/g) ?? [];
  expect(hosts.filter((host) => !host.endsWith('//registry.npmjs.org'))).toEqual([]);
});

it('explains every dependency, in the version it has', () => {
  const versions = Type.Record(Type.String(), Type.String());
  const manifest = Value.Parse(
    Type.Object({ dependencies: versions, devDependencies: versions }),
    JSON.parse(read('package.json')),
  );
  const rows = read('docs/dependencies.md').split('\n');
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
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
