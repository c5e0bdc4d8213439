import { expect, it } from 'vitest';
import { fleetPage, fleetStates, type FleetQuery } from '#libs/pages';
import { fakeFleetBranch } from '../support/fake-fleet.ts';

const trouble = (code: string, sentence: string) => ({ code, sentence, advice: '', at: null });

const scanned = {
  ...{ at: '2026-01-03T00:00:00.000Z', asked: 9, phones: 7, current: 3, behind: 4, ahead: 0 },
  ...{ unknown: 0, failed: 0, silent: 2, versions: [] },
};

const fleet = [
  fakeFleetBranch('site-10', { clockSkewS: -90, freeBytes: 5, certificateDaysLeft: 1 }),
  fakeFleetBranch('site-9', { behind: 1, state: 'pending', version: '1.10.0', clockSkewS: 3 }),
  fakeFleetBranch('Aveiro', { behind: 40, state: 'pending', version: '1.9.0', freeBytes: null }),
  fakeFleetBranch('porto', { state: 'overdue', lastSeenAt: '2026-01-02T00:00:00.000Z' }),
  fakeFleetBranch('faro', {
    state: 'error',
    lastError: trouble('DISK_FULL', 'No space on /Data'),
    lastSeenAt: '2026-01-03T00:00:00.000Z',
  }),
  fakeFleetBranch('old', { state: 'revoked', behind: null, scan: scanned }),
  fakeFleetBranch('new', { state: 'invited', version: null, lastSeenAt: null, behind: null }),
];

const names = (query: FleetQuery): string[] =>
  fleetPage(fleet, query).branches.map(({ name }) => name);

it('puts first who needs somebody: errors, then silence, then the furthest behind', () => {
  expect(names({})).toEqual(['faro', 'porto', 'Aveiro', 'site-9', 'new', 'site-10', 'old']);
});

it('sorts names as people do', () => {
  expect(names({ sort: 'name' })).toEqual([
    ...['Aveiro', 'faro', 'new', 'old', 'porto', 'site-9', 'site-10'],
  ]);
  expect(names({ sort: 'name', order: 'desc' }).at(0)).toBe('site-10');
});

it.each([
  ['behind', 'desc', ['Aveiro', 'site-9'], ['new', 'old']],
  ['seen', 'asc', ['porto', 'faro'], ['new']],
  ['version', 'desc', ['site-9', 'Aveiro'], ['new']],
  ['certificate', 'asc', ['site-10'], []],
  ['clock', 'desc', ['site-10', 'site-9'], []],
  ['disk', 'asc', ['site-10'], ['Aveiro']],
  ['phones', 'desc', ['old'], []],
  ['disk', 'desc', [], ['site-10', 'Aveiro']],
  ['state', 'desc', ['old'], ['faro']],
] as const)('sorts by %s %s, what is not known below', (sort, order, first, last) => {
  const sorted = names({ sort, order });
  expect(sorted.slice(0, first.length)).toEqual(first);
  expect(sorted.slice(sorted.length - last.length)).toEqual(last);
});

it('counts what the search matches in each state, and shows the state that is asked for', () => {
  const { counts, matching, total } = fleetPage(fleet, { search: 'SITE', state: 'pending' });
  expect({ matching, total }).toEqual({ matching: 1, total: 7 });
  expect(counts).toEqual({
    ...Object.fromEntries(fleetStates.map((state) => [state, 0])),
    ...{ 'in-sync': 1, pending: 1 },
  });
  expect(names({ search: 'disk_full' })).toEqual(['faro']);
  expect(names({ search: ' /data ' })).toEqual(['faro']);
  expect(names({ search: '1.10' })).toEqual(['site-9']);
});

it('cuts pages that together are the whole', () => {
  const pages = [0, 3, 6, 9].map((offset) => names({ limit: 3, offset }));
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 1, 0]);
  expect(pages.flat()).toEqual(names({}));
});
