import { expect, it, onTestFinished } from 'vitest';
import { Journal, MirrorBook } from '#libs/journal';
import { MirrorTelling } from '#libs/sync';

const here = new AbortController().signal;
const file = (name: string) => ({ name, size: 1, modifiedMs: 1, sha256: 'aa' });

function rig(patienceMs: number) {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const book = new MirrorBook(journal);
  const steps: boolean[] = [];
  const telling = new MirrorTelling({ book, patienceMs, onInStep: (step) => steps.push(step) });
  const ask = async (applied: number, waitMs = 0, signal = here) =>
    await telling.tell({ book: book.id, since: applied, applied, waitMs }, signal);
  return { book, telling, steps, ask, save: (name: string) => book.note('devices', [file(name)]) };
}

it('does not wait for a server that does not keep up, and for one that does until it has dealt with the change', async () => {
  const { telling, steps, ask, save } = rig(60_000);
  const first = save('a');
  expect(await telling.settled(first)).toBe(false);
  expect((await ask(0)).rows).toHaveLength(1);
  expect(telling.inStep).toBe(false);
  await ask(first);
  expect(telling.inStep).toBe(true);
  const [second, third] = [save('b'), save('c')];
  const ended: number[] = [];
  const waits = [second, third].map(async (change) => {
    expect(await telling.settled(change)).toBe(true);
    ended.push(change);
  });
  // Two wait, and each for its own change.
  await ask(second);
  await waits[0];
  expect(ended).toEqual([second]);
  await ask(third);
  await Promise.all(waits);
  expect(steps).toEqual([true]);
});

it('waits no longer than its patience, then for nobody, until the other server has caught up', async () => {
  const { telling, steps, ask, save } = rig(50);
  await ask(0);
  const change = save('a');
  const began = performance.now();
  expect(await Promise.all([telling.settled(change), telling.settled(change)])).toEqual([
    false,
    false,
  ]);
  expect(performance.now() - began).toBeGreaterThanOrEqual(45);
  expect(steps).toEqual([true, false]);
  await ask(0);
  expect(telling.inStep).toBe(false);
  await ask(change);
  expect(steps).toEqual([true, false, true]);
});

it('lets nobody wait for a server that hangs up, and answers a question once there is something', async () => {
  const { telling, steps, ask, save } = rig(60_000);
  await ask(0);
  const gone = new AbortController();
  const hanging = ask(0, 60_000, gone.signal);
  gone.abort();
  expect((await hanging).rows).toEqual([]);
  expect(steps).toEqual([true, false]);
  const waiting = ask(0, 60_000);
  save('a');
  telling.wake();
  expect((await waiting).rows).toMatchObject([{ name: 'a', area: 'devices', change: 1 }]);
  expect((await ask(1, 1)).rows).toEqual([]);
});

it('knows what the other server has seen, and gives it time to ask after a start', async () => {
  const { telling, ask, save } = rig(60_000);
  for (const name of 'abcde') save(name);
  expect(telling.hasSeen(5)).toBe(false);
  await ask(4);
  expect([telling.hasSeen(4), telling.hasSeen(5)]).toEqual([true, false]);
});

it('tells all at once, and relies on nothing, when the numbers are of another catalogue or of a later copy of its own', async () => {
  const { telling, steps, save } = rig(60_000);
  save('a');
  const strange = [
    { book: undefined, since: 1, applied: 1 },
    { book: 'another', since: 1, applied: 1 },
  ];
  for (const asked of strange)
    expect((await telling.tell({ ...asked, waitMs: 60_000 }, here)).rows).toHaveLength(1);
  const { book, telling: older, save: saveOlder } = rig(60_000);
  saveOlder('a');
  const later = { book: book.id, since: 7, applied: 7, waitMs: 60_000 };
  expect((await older.tell(later, here)).rows).toHaveLength(1);
  expect([telling, older].map((one) => [one.inStep, one.hasSeen(1)])).toEqual([
    [false, false],
    [false, false],
  ]);
  expect(steps).toEqual([]);
});
