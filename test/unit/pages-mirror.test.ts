import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import {
  attention,
  boundedStatus,
  mirrorFindings,
  mirrorSentence,
  statusPage,
  statusSchema,
  Times,
  type MirrorStatus,
} from '#libs/pages';
import { fakeMirror, mirrorAway, mirrorBehind, mirrorFailing } from '../support/fake-mirror.ts';
import { quietStatus, statusClock } from '../support/fake-status.ts';

const assets = { css: '/a.css', js: '/a.js', icon: '/a.svg' };
const times = new Times(statusClock, 'UTC');

const noticesOf = (mirror: MirrorStatus) => attention(quietStatus({ mirror }), times);
const pageOf = (mirror: MirrorStatus | null): string =>
  statusPage(quietStatus({ mirror }), { refreshS: 0, assets, zone: 'UTC' }).text;

it('needs a person when the other one is away or files cannot be taken, not while they are on their way', () => {
  expect(noticesOf(fakeMirror())).toEqual([]);
  expect(noticesOf(mirrorBehind())).toEqual([]);
  expect(noticesOf(mirrorAway())).toMatchObject([{ level: 'warning', code: 'MIRROR_AWAY' }]);
  expect(noticesOf(mirrorFailing())).toMatchObject([{ level: 'warning', code: 'DISK_FULL' }]);
});

it('finds for the alarm also what is on its way, and keeps it while nothing is known', () => {
  expect(mirrorFindings(fakeMirror(), times)).toEqual([]);
  expect(mirrorFindings(mirrorBehind(), times)).toMatchObject([{ about: 'faro', near: false }]);
  expect(mirrorFindings(fakeMirror({ caughtUp: false }), times)).toMatchObject([{ near: true }]);
  // What is lacking is told again once the other one answers.
  expect(mirrorFindings({ ...mirrorFailing(), away: mirrorAway().away }, times)).toMatchObject([
    { code: 'MIRROR_AWAY' },
  ]);
});

it('tells who has only forgotten the other half of the settings what to set', () => {
  const away = { code: 'NOT_FOUND', sentence: 'faro has no mirror', since: statusClock };
  const [notice] = noticesOf(fakeMirror({ caughtUp: false, away }));
  expect(notice?.advice).toContain('PeerMirror=1');
  expect(noticesOf(mirrorAway())[0]?.advice).not.toContain('PeerMirror=1');
});

it('says in one sentence how the pair stands', () => {
  const said = [
    fakeMirror(),
    fakeMirror({ inStep: false }),
    fakeMirror({ caughtUp: false }),
    mirrorBehind(),
    mirrorAway(),
  ].map((mirror) => mirrorSentence(mirror, times));
  expect(said).toEqual([
    'Has all of faro, and faro has all of this server.',
    'Has all of faro; faro does not have all of this server yet.',
    'Asks faro what it has.',
    '31 files of faro are not here yet (TFTP tree 1, Updates 30).',
    'faro has been away for 12 min: connection to faro:4411 timed out after 5 s',
  ]);
});

it('shows a section where there is a pair, and none elsewhere', () => {
  expect(pageOf(null)).not.toContain('id="mirror"');
  expect(pageOf(fakeMirror())).toContain('in step');
  expect(pageOf(mirrorBehind())).toContain('30 files behind');
  const failing = pageOf(mirrorFailing());
  for (const text of ['DISK_FULL', 'DIGEST_MISMATCH', '&lt;b&gt;9608']) {
    expect(failing).toContain(text);
  }
  expect(failing).not.toContain('<b>9608');
});

it('is as the schema says, with no more failures than it allows', () => {
  const [area] = mirrorFailing().areas;
  if (area === undefined) throw new Error('the example is empty');
  const failures = Array.from({ length: 300 }, (_, n) => ({
    ...{ name: `${n}.zip`, code: 'DISK_FULL', sentence: 'no room' },
  }));
  const status = quietStatus({ mirror: fakeMirror({ areas: [{ ...area, failures }] }) });
  expect(Value.Check(statusSchema, status)).toBe(false);
  expect(Value.Check(statusSchema, boundedStatus(status))).toBe(true);
});
