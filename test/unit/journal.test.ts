import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { Journal, PublicationsTable, RunsTable, UpdatesTable } from '#libs/journal';

function openJournal(): Journal {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  return journal;
}

function temporaryFile(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return path.join(folder, name);
}

it('keeps what it was told over a restart, and commits so that a power cut cannot take it back', () => {
  const file = temporaryFile('branchline.db');
  const first = new Journal(file);
  first.setFact('hub-id', 'one');
  first.setFact('hub-id', 'two');
  expect(first.row('pragma synchronous', [], (row) => row['synchronous'])).toBe(2);
  expect(first.row('pragma journal_mode', [], (row) => row['journal_mode'])).toBe('wal');
  first.close();

  const again = new Journal(file);
  onTestFinished(() => {
    again.close();
  });
  expect(again.fact('hub-id')).toBe('two');
});

it('notices what another process has committed', () => {
  const file = temporaryFile('branchline.db');
  const server = new Journal(file);
  const command = new Journal(file);
  onTestFinished(() => {
    server.close();
    command.close();
  });
  const before = server.dataVersion();
  command.setFact('hub-id', 'one');
  expect(server.dataVersion()).not.toBe(before);
});

it('refuses the database of another program and one of a newer schema', () => {
  const strange = temporaryFile('strange.db');
  const other = new Database(strange);
  other.pragma('application_id = 42');
  other.exec('create table t (a)');
  other.close();
  expect(() => new Journal(strange)).toThrow(expect.objectContaining({ code: 'JOURNAL_UNUSABLE' }));

  const newer = temporaryFile('newer.db');
  new Journal(newer).close();
  const raw = new Database(newer);
  raw.pragma('user_version = 999');
  raw.close();
  expect(() => new Journal(newer)).toThrow(expect.objectContaining({ code: 'JOURNAL_UNUSABLE' }));
  expect(() => new Journal('/nowhere/at/all.db')).toThrow(
    expect.objectContaining({ code: 'JOURNAL_UNUSABLE' }),
  );
});

it('rolls back the whole of a transaction that fails', () => {
  const journal = openJournal();
  expect(() =>
    journal.transaction(() => {
      journal.setFact('a', '1');
      journal.transaction(() => {
        journal.setFact('b', '2');
      });
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(journal.fact('a')).toBeUndefined();
  expect(journal.fact('b')).toBeUndefined();
});

it('remembers an update by name, with the newest bytes', () => {
  const updates = new UpdatesTable(openJournal());
  const update = {
    name: '46xx_2_9.zip',
    size: 10,
    modifiedMs: 1_700_000_000_123,
    sha256: 'aa',
    publishedAt: 5,
    origin: 'local' as const,
  };
  updates.record(update);
  updates.record({ ...update, sha256: 'bb', origin: 'upstream' });
  expect(updates.all()).toEqual([{ ...update, sha256: 'bb', origin: 'upstream' }]);
});

it('remembers what lay under a name before, and in which release it was signed first', () => {
  const updates = new UpdatesTable(openJournal());
  const update = {
    name: 'a.zip',
    size: 10,
    modifiedMs: 1,
    sha256: 'aa',
    publishedAt: 5,
    origin: 'local' as const,
  };
  updates.record(update);
  updates.noteRelease(3, [{ name: 'a.zip', sha256: 'other' }]);
  expect(updates.signed(10, 0)).toEqual([{ ...update, release: undefined }]);
  updates.noteRelease(4, [update]);
  updates.noteRelease(5, [update]);
  expect(updates.signed(10, 0)).toEqual([{ ...update, release: 4 }]);

  const next = { ...update, sha256: 'bb', publishedAt: 6 };
  updates.replace(update, next, 7);
  expect(updates.signed(10, 0)).toEqual([{ ...next, release: undefined }]);
  const earlier = { name: 'a.zip', size: 10, sha256: 'aa', publishedAt: 5, endedAt: 7 };
  expect(updates.earlier('a.zip')).toEqual([earlier]);
  expect(updates.withdrawn(10)).toEqual([]);

  updates.replace(next, undefined, 8);
  expect(updates.find('a.zip')).toBeUndefined();
  expect(updates.withdrawn(10)).toEqual([{ ...earlier, sha256: 'bb', publishedAt: 6, endedAt: 8 }]);
  for (let n = 0; n < 20; n += 1)
    updates.replace({ ...update, sha256: `${n}` }, { ...update, sha256: `${n + 1}` }, n);
  expect(updates.earlier('a.zip').map(({ sha256 }) => sha256)).toEqual(
    Array.from({ length: 10 }, (_, n) => `${19 - n}`),
  );
});

it('tells a crash what to finish and what to throw away', () => {
  const publications = new PublicationsTable(openJournal());
  const half = publications.begin('a.zip', 'aa', 1);
  const whole = publications.begin('b.zip', 'bb', 2);
  const files = [
    { ordinal: 0, tree: 'HTTP' as const, name: 'firmware/x.bin', size: 3, sha256: 'x' },
    { ordinal: 1, tree: 'TFTP' as const, name: '46xxupgrade.scr', size: 4, sha256: 'y' },
  ];
  publications.staged(whole, files);

  expect(publications.inState('staging').map(({ id }) => id)).toEqual([half]);
  expect(publications.inState('staged').map(({ id }) => id)).toEqual([whole]);
  expect(publications.files(whole)).toEqual(files);
});

it('forgets finished attempts beyond a bound, but never the last word on a name', () => {
  const publications = new PublicationsTable(openJournal());
  const first = publications.begin('old.zip', 'aa', 1);
  publications.refused(first, 'ARCHIVE_CRC_WRONG', 'bad', 2);
  for (let n = 0; n < 10; n += 1)
    publications.published(publications.begin('new.zip', `${n}`, n), n);
  publications.prune(3);

  expect(publications.recent(100)).toHaveLength(4);
  expect(publications.newest('old.zip')).toMatchObject({
    state: 'refused',
    code: 'ARCHIVE_CRC_WRONG',
  });
});

it('says of a run that died with the process that it was interrupted', () => {
  const runs = new RunsTable(openJournal());
  runs.save({
    id: 'r1',
    what: 'updates',
    state: 'running',
    startedAt: 1,
    endedAt: undefined,
    code: undefined,
    message: undefined,
  });
  runs.closeInterrupted(9);
  expect(runs.recent(1)).toMatchObject([
    { id: 'r1', state: 'failed', endedAt: 9, code: 'INTERRUPTED' },
  ]);
});

it('keeps what came from the other server apart from updates', () => {
  const publications = new PublicationsTable(openJournal());
  const file = { ordinal: 0, tree: 'HTTP' as const, name: 'a.txt', size: 1, sha256: 'x' };
  const update = publications.begin('HTTP', 'aa', 1);
  publications.published(update, 2);
  const before = publications.publishedMark();
  for (let n = 0; n < 5; n += 1)
    publications.kept(publications.beginPaired('HTTP', n), { ...file, name: `${n}` }, n);
  expect(publications.publishedMark()).not.toBe(before);
  expect(publications.newest('HTTP')).toMatchObject({ id: update, paired: false });
  expect(publications.lastPublished('HTTP')).toMatchObject({ id: update });
  expect([...publications.newestOfEach().values()].map(({ id }) => id)).toEqual([update]);
  publications.forget(publications.beginPaired('HTTP', 9));

  publications.prune(3);
  expect(publications.newest('HTTP')).toMatchObject({ id: update });
  const names = [...publications.pairedIds()].flatMap((id) => publications.files(id));
  expect(names.map(({ name }) => name).toSorted()).toEqual(['2', '3', '4']);
});

it('copies one moment of a database that somebody else is writing to, and does not wait for him', () => {
  const file = temporaryFile('branchline.db');
  const [reader, writer] = [new Journal(file), new Journal(file)];
  writer.setFact('before', 'x'.repeat(100_000));
  const copy = temporaryFile('copy.db');
  writer.transaction(() => {
    writer.setFact('half', 'done');
    reader.copyTo(copy);
  });
  const copied = new Journal(copy);
  expect(copied.fact('before')).toHaveLength(100_000);
  expect([copied.fact('half'), reader.fact('half')]).toEqual([undefined, 'done']);
  expect(copied.row('pragma integrity_check', [], (row) => row['integrity_check'])).toBe('ok');
  for (const journal of [reader, writer, copied]) journal.close();
});
