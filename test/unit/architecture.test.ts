import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** The layer of each lib; a lib may import itself and libs of lower layers. Nothing imports apps. */
const layers: readonly (readonly string[])[] = [
  ['errors'],
  ['lifecycle', 'files', 'observe', 'phones'],
  [
    'settings',
    'identity',
    'journal',
    'snmp',
    'delivery',
    'backups',
    'archive',
    'release',
    'audit',
    'dhcp',
  ],
  ['tftp', 'ftp', 'http', 'link', 'records', 'history', 'scan'],
  ['sync', 'pages'],
  ['alarms', 'manager', 'watchdog'],
];

/** Libs that answer to `compose.ts` only: everybody else gets options. */
const composedOnly = ['settings'];

const libsIn = (folder: string): { file: string; imports: string[] }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      file,
      imports: [...readFileSync(path.join(folder, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
        (match) => match[1] ?? '',
      ),
    }));

it('names every lib, once', () => {
  expect(layers.flat().toSorted()).toEqual(readdirSync('libs').toSorted());
});

it.each(layers.flatMap((libs, layer) => libs.map((lib) => [lib, layer] as const)))(
  '%s (layer %i) imports only from lower layers',
  (lib, layer) => {
    const allowed = layers
      .slice(0, layer)
      .flat()
      .filter((name) => !composedOnly.includes(name));
    const strays = libsIn(`libs/${lib}`).flatMap(({ file, imports }) =>
      imports
        .filter((name) => name.startsWith('#libs/'))
        .map((name) => name.slice('#libs/'.length))
        .filter((name) => name !== lib && !allowed.includes(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(strays).toEqual([]);
  },
);

it('goes through the door: no relative import leaves a lib', () => {
  const strays = readdirSync('libs').flatMap((lib) =>
    libsIn(`libs/${lib}`).flatMap(({ file, imports }) =>
      imports
        .filter((name) => name.startsWith('.'))
        .filter((name) =>
          path.relative(lib, path.join(lib, path.dirname(file), name)).startsWith('..'),
        )
        .map((name) => `${lib}/${file} imports ${name}`),
    ),
  );
  expect(strays).toEqual([]);
});

it('keeps apps on top: no lib imports them', () => {
  const strays = libsIn('libs').filter(({ imports }) =>
    imports.some((name) => /(^|\/)apps\//.test(name)),
  );
  expect(strays).toEqual([]);
});
