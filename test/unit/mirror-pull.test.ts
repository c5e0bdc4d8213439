import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { Journal, MirrorBook, type MirrorArea, type MirrorPage } from '#libs/journal';
import type { MirrorAsked } from '#libs/link';
import { MirrorPull, type MirroredFolder } from '#libs/sync';

type Taken = Awaited<ReturnType<ConstructorParameters<typeof MirrorPull>[0]['taking']['take']>>;

const folderOf = (area: MirrorArea, tells: boolean): MirroredFolder => ({
  ...{ area, tells, root: '/', incoming: '/', fileMode: 0o640 },
  list: () => Promise.resolve([]),
  pathOf: (name) => name,
  isMirrored: () => true,
  take: () => Promise.resolve(new Set<string>()),
  keepVersion: () => Promise.resolve(),
  remove: () => Promise.resolve(false),
});

const done: Taken = { failures: [], failed: 0, changed: false };
const page = (next: number, book = 'theirs'): MirrorPage => ({
  ...{ book, of: undefined, rows: [], next, complete: true },
});

/** A pull that hears these pages, one after the other, and then hangs; all that it has asked. */
async function rig(pages: readonly MirrorPage[], take: (area: MirrorArea) => Promise<Taken>) {
  const journal = new Journal(':memory:');
  const book = new MirrorBook(journal);
  const asked: Omit<MirrorAsked, 'waitMs'>[] = [];
  const heard = Promise.withResolvers<undefined>();
  const pull = new MirrorPull({
    ...{ book, folders: [folderOf('devices', true), folderOf('http', false)] },
    taking: { take: ({ area }) => take(area) },
    catalogue: async ({ book, since, applied }, signal) => {
      asked.push({ book, since, applied });
      const answer = pages[asked.length - 1];
      if (answer !== undefined) return answer;
      heard.resolve(undefined);
      await once(signal, 'abort');
      throw signal.reason;
    },
    onAway: () => undefined,
    onTaken: () => undefined,
  });
  onTestFinished(async () => {
    await pull.stop();
    journal.close();
  });
  await pull.start();
  await heard.promise;
  return { pull, asked };
}

it('asks from the start, and has nothing dealt with, when the other server counts anew', async () => {
  const { asked } = await rig([page(7), page(3, 'fresh'), page(3, 'fresh')], () =>
    Promise.resolve(done),
  );
  expect(asked).toEqual([
    { book: undefined, since: 0, applied: 0 },
    { book: 'theirs', since: 7, applied: 7 },
    { book: 'fresh', since: 0, applied: 0 },
    { book: 'fresh', since: 3, applied: 3 },
  ]);
});

it('has nothing dealt with while a file that a telephone has saved cannot be taken', async () => {
  const failure = { name: 'a', code: 'DISK_FULL', message: 'no room' } as const;
  const takes = [failure, failure];
  const { asked, pull } = await rig([page(1), page(1), page(2)], async (area) => {
    const failures = area === 'devices' ? takes.splice(0, 1) : [];
    return await Promise.resolve({ failures, failed: failures.length, changed: false });
  });
  expect(asked.map(({ applied }) => applied)).toEqual([0, 0, 0, 2]);
  expect(pull.states()).toMatchObject([{ behind: 0 }, { behind: 0 }]);
});

it('tells of a folder that fails as a whole, goes on with the others, and ends when it is told to', async () => {
  const broken = (): Promise<Taken> => {
    throw new BranchlineError('JOURNAL_UNUSABLE', 'the disk is gone');
  };
  const { pull, asked } = await rig([page(1)], broken);
  expect(asked.map(({ applied }) => applied)).toEqual([0, 0]);
  const failed = { behind: 1, failures: [{ code: 'JOURNAL_UNUSABLE' }] };
  expect(pull.states()).toMatchObject([
    { area: 'devices', ...failed },
    { area: 'http', ...failed },
  ]);
  expect(pull.read).toBe(true);
});
