import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import type { MirrorState } from '../../apps/server/mirror-part.ts';
import { mirrorStatus } from '../../apps/server/mirror-status.ts';

const state = (change: Partial<MirrorState> = {}): MirrorState => ({
  ...{ peer: 'faro', inStep: true, read: true, away: undefined, awaySince: undefined },
  lastContact: 60_000,
  areas: [
    { area: 'tftp', behind: 0, failures: [] },
    { area: 'updates', behind: 0, failures: [] },
  ],
  ...change,
});

it('is null without a mirror, and caught up with one that has all', () => {
  expect(mirrorStatus(undefined)).toBeNull();
  expect(mirrorStatus(state())).toMatchObject({
    ...{ peer: 'faro', inStep: true, caughtUp: true, away: null, behind: 0 },
    lastContactAt: '1970-01-01T00:01:00.000Z',
  });
});

it.each<[string, Partial<MirrorState>]>([
  ['not all of the other one is read', { read: false }],
  ['a file is lacking', { areas: [{ area: 'tftp', behind: 1, failures: [] }] }],
  ['the other one is away', { away: new BranchlineError('PEER_BUSY', 'busy'), awaySince: 1 }],
])('is not caught up when %s', (_, change) => {
  expect(mirrorStatus(state(change))?.caughtUp).toBe(false);
});

it('says since when the other one is away and why, and what cannot be taken', () => {
  const failure = { name: 'a.zip', code: 'DISK_FULL', message: 'no room' } as const;
  const status = mirrorStatus(
    state({
      away: new BranchlineError('PEER_UNREACHABLE', 'no answer'),
      awaySince: 30_000,
      areas: [
        { area: 'tftp', behind: 2, failures: [] },
        { area: 'updates', behind: 1, failures: [failure] },
      ],
    }),
  );
  expect(status).toMatchObject({
    away: { code: 'PEER_UNREACHABLE', sentence: 'no answer', since: '1970-01-01T00:00:30.000Z' },
    behind: 3,
    areas: [
      { area: 'tftp', behind: 2, failures: [] },
      {
        ...{ area: 'updates', behind: 1 },
        failures: [{ name: 'a.zip', code: 'DISK_FULL', sentence: 'no room' }],
      },
    ],
  });
});
