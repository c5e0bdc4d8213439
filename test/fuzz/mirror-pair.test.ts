import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MirrorTwin } from '../support/mirror-twin.ts';

interface Step {
  readonly at: number;
  readonly act: 'write' | 'remove' | 'scan' | 'read' | 'take' | 'start anew';
  readonly name: string;
  readonly text: string;
  readonly modifiedMs: number;
}

const acts = [
  'write',
  'write',
  'remove',
  'scan',
  'scan',
  'scan',
  'read',
  'read',
  'take',
  'take',
] as const;
const stepOf = (...more: Step['act'][]): fc.Arbitrary<Step> =>
  fc.record({
    at: fc.constantFrom(0, 1),
    act: fc.constantFrom(...acts, ...more),
    name: fc.constantFrom('a', 'a', 'b'),
    text: fc.constantFrom('x', 'y', 'z'),
    modifiedMs: fc.constantFrom(1, 2, 3),
  });

function play(twin: MirrorTwin, other: MirrorTwin, { act, name, text, modifiedMs }: Step): void {
  if (act === 'write') twin.write(name, text, modifiedMs);
  if (act === 'remove') twin.remove(name);
  if (act === 'scan') twin.scan();
  if (act === 'read') twin.read(other);
  if (act === 'take') twin.take(other);
  if (act === 'start anew') twin.startAnew();
}

/** Both read each other to the end, and do what is to be done, so often. */
function settle(one: MirrorTwin, two: MirrorTwin, rounds: number): void {
  for (let n = 0; n < rounds; n += 1) {
    for (const [twin, other] of [
      [one, two],
      [two, one],
    ] as const) {
      twin.scan();
      while (!twin.read(other));
      twin.take(other);
    }
  }
}

const texts = ({ disk }: MirrorTwin): string[] =>
  [...disk].map(([name, { text }]) => `${name}=${text}`).toSorted();

/** Plays, and ends when both hold the same and nothing moves any more. */
function converged(steps: readonly Step[]): [MirrorTwin, MirrorTwin] {
  const deeds: MirrorTwin['deeds'] = new Set();
  const [one, two] = [new MirrorTwin(deeds), new MirrorTwin(deeds)];
  for (const step of steps) {
    if (step.at === 0) play(one, two, step);
    else play(two, one, step);
  }
  settle(one, two, 5);
  expect(texts(one)).toEqual(texts(two));
  const [first, second] = [one.book.newest, two.book.newest];
  settle(one, two, 3);
  expect([one.book.newest, two.book.newest]).toEqual([first, second]);
  return [one, two];
}

/** Nothing is gone that somebody put there without the one who removed it knowing. */
function expectNothingLost([one, two]: [MirrorTwin, MirrorTwin]): void {
  for (const deed of one.deeds) {
    const end = one.deedOf(deed.name);
    if (deed.overruled === true || [...one.deeds].some(({ past }) => past.has(deed))) continue;
    if (deed.text === undefined || end === undefined || end === deed || end.past.has(deed))
      continue;
    expect(end.text).toBeDefined();
    if (end.text !== deed.text) expect([...one.versions, ...two.versions]).toContain(deed.text);
  }
}

/** The time that decides a conflict changes while the other server decides by the earlier one. */
const touched: Step[] = [
  { at: 0, act: 'write', name: 'a', text: 'z', modifiedMs: 1 },
  { at: 0, act: 'scan', name: 'a', text: 'z', modifiedMs: 1 },
  { at: 1, act: 'write', name: 'a', text: 'x', modifiedMs: 2 },
  { at: 1, act: 'scan', name: 'a', text: 'x', modifiedMs: 2 },
  { at: 1, act: 'read', name: 'a', text: 'x', modifiedMs: 2 },
  { at: 0, act: 'write', name: 'a', text: 'z', modifiedMs: 3 },
];

it('ends with the same at both servers of a pair, and loses nothing, in whatever order they change, read and take', () => {
  fc.assert(
    fc.property(fc.array(stepOf(), { maxLength: 40, size: 'max' }), (steps) => {
      const twins = converged(steps);
      expectNothingLost(twins);
      // Nobody is overruled by what he knew of.
      for (const { name, past } of twins[0].deeds) {
        const end = twins[0].deedOf(name);
        if (end !== undefined) expect(past.has(end)).toBe(false);
      }
      for (const twin of twins) twin.close();
    }),
    { numRuns: 100, examples: [[touched]] },
  );
}, 120_000);

it('does so as well when databases are lost', () => {
  fc.assert(
    fc.property(fc.array(stepOf('start anew'), { maxLength: 40, size: 'max' }), (steps) => {
      const twins = converged(steps);
      expectNothingLost(twins);
      for (const twin of twins) twin.close();
    }),
    { numRuns: 100 },
  );
}, 120_000);
