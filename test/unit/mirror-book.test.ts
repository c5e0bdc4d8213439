import { expect, it, onTestFinished } from 'vitest';
import { Journal, MirrorBook, type MirrorRow } from '#libs/journal';

const area = 'http';
const file = (name: string, sha256 = 'aa') => ({ name, size: 1, modifiedMs: 1.5, sha256 });

function bookOf() {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  return { journal, book: new MirrorBook(journal) };
}

const row = (name: string, change: number, told: Partial<MirrorRow> = {}): MirrorRow => ({
  ...{
    area,
    ...file(name),
    modifiedMs: 1,
    state: 'here',
    change,
    mine: change,
    theirs: 0,
    ...told,
  },
});
const page = (book: string, rows: readonly MirrorRow[], next = rows.at(-1)?.change ?? 0) => ({
  ...{ book, rows, next, complete: true },
});
const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name);

it('tells changes in their order, page by page, and never a number twice', () => {
  const { journal, book } = bookOf();
  expect(book.note(area, [file('a'), file('b'), file('c')])).toBe(3);
  const first = book.page(0, 2);
  expect(first).toMatchObject({ book: book.id, next: 2, complete: false });
  expect(first.rows).toMatchObject([
    { name: 'a', modifiedMs: 1, change: 1 },
    { name: 'b', change: 2 },
  ]);
  expect(book.page(2, 2)).toMatchObject({ next: 3, complete: true });
  book.forget(area, ['b', 'c']);
  expect(new MirrorBook(journal).id).toBe(book.id);
  expect(book.newest).toBe(3);
  expect(book.note(area, [file('d')])).toBe(4);
  expect(book.note(area, [])).toBe(4);
  expect(names(book.page(0, 9).rows)).toEqual(['a', 'd']);
});

it('counts a change where bytes, the told time or their being there change', () => {
  const { book } = bookOf();
  const mine = () => book.find(area, 'a')?.mine;
  book.note(area, [file('a')]);
  // The disk's time has a fraction that is not told.
  book.note(area, [{ ...file('a'), modifiedMs: 1.7 }]);
  expect([mine(), book.newest]).toEqual([1, 2]);
  book.note(area, [{ ...file('a'), modifiedMs: 9 }]);
  expect(mine()).toBe(3);
  book.note(area, [file('a', 'bb')]);
  expect(mine()).toBe(4);
  book.note(area, [file('a', 'bb')], 'gone');
  expect(mine()).toBe(5);
  // Put back as it was: a change as any other.
  book.note(area, [file('a', 'bb')]);
  expect(mine()).toBe(6);
  book.note(area, [{ ...file('a', 'cc'), origin: { mine: 2, theirs: 8 } }]);
  expect(book.find(area, 'a')).toMatchObject({ mine: 2, theirs: 8, change: 7 });
});

it('learns what differs, and that the same is known of', () => {
  const { book } = bookOf();
  book.note(area, [file('same'), file('other', 'bb'), file('removed')]);
  const rows = [
    row('new', 1),
    row('same', 2),
    row('other', 3),
    row('removed', 4, { state: 'gone' }),
  ];
  expect(book.learn(page('theirs', rows))).toBe(true);
  expect(book.since).toBe(4);
  const differing = book.differing(area, '', 9);
  expect(names(differing)).toEqual(['new', 'other', 'removed']);
  expect(differing.map(({ own }) => own?.state)).toEqual([undefined, 'here', 'here']);
  expect(names(book.differing(area, 'new', 1))).toEqual(['other']);
  expect(book.find(area, 'same')?.theirs).toBe(2);
  expect(book.find(area, 'other')?.theirs).toBe(0);
  // Learnt first, noted later.
  book.note(area, [file('new')]);
  expect(book.find(area, 'new')?.theirs).toBe(1);
  book.noteKept(area, { name: 'other', sha256: 'aa', theirs: 3 });
  expect(book.differing(area, '', 9)[0]).toMatchObject({ kept: 'aa', own: { theirs: 3 } });
  // What is no longer of the area is as if it had never been told.
  book.learn(page('theirs', [row('other', 5, { state: 'left' })]));
  expect(names(book.differing(area, '', 9))).toEqual(['removed']);
});

it.each([
  ['another book', 'new', 1],
  ['an older copy', 'theirs', 1],
])('forgets what %s has said, and reads it from the start', (_, id, next) => {
  const { book } = bookOf();
  book.note(area, [file('same')]);
  book.learn(page('theirs', [row('same', 2), row('new', 3)]));
  expect(book.learn(page(id, [row('late', next)]))).toBe(false);
  expect(book.since).toBe(0);
  expect(book.differing(area, '', 9)).toEqual([]);
  expect(book.find(area, 'same')?.theirs).toBe(0);
  expect(book.learn(page(id, [row('late', next)]))).toBe(true);
  expect(names(book.differing(area, '', 9))).toEqual(['late']);
});

it('believes what is said of its changes for this book alone, and only of changes that there were', () => {
  const { book } = bookOf();
  book.note(area, [file('a', 'bb')]);
  const mineAs = (of: string | undefined, theirs: number) => {
    book.learn({ ...page('theirs', [row('a', 1, { theirs })]), of });
    return book.differing(area, '', 9)[0]?.mine;
  };
  expect(mineAs(book.id, 1)).toBe(1);
  expect(mineAs(book.id, 2)).toBe(0);
  expect(mineAs('a lost one', 1)).toBe(0);
  expect(mineAs(undefined, 1)).toBe(0);
  expect(book.page(0, 9).of).toBe('theirs');
});

it('refuses its own book: one database was copied from the other', () => {
  const { book } = bookOf();
  expect(() => book.learn(page(book.id, []))).toThrow(
    expect.objectContaining({ code: 'PEER_ANSWER_INVALID' }),
  );
});

it('lets go of removals that were told long ago, and of nothing else', () => {
  const { book } = bookOf();
  book.note(area, [file('here')]);
  book.note(area, [file('old'), { ...file('young'), modifiedMs: 100 }], 'gone');
  book.learn(page('theirs', [row('a', 1, { state: 'gone' }), row('b', 2)]));
  book.prune(50);
  expect([...book.own(area).keys()]).toEqual(['here', 'young']);
  book.note(area, [file('a'), file('b', 'cc')]);
  expect(names(book.differing(area, '', 9))).toEqual(['b']);
});
