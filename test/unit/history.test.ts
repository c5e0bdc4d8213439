import { describe, expect, it, onTestFinished } from 'vitest';
import { HistoryReader, HistoryRecorder, historySteps, maxBuckets } from '#libs/history';
import {
  HistoryTable,
  Journal,
  OutgoingTable,
  relayCounts,
  SqliteLedger,
  type NewlyReceived,
} from '#libs/journal';
import { tempFolder } from '../support/temp-folder.ts';

const minute = 60_000;
const day = 86_400_000;
/** Noon, so that a day's bucket holds the hours around it in every time zone of the tests. */
const noon = Date.parse('2026-11-26T12:00:00Z');

/** A history over one database; `again` is what a restart makes of it. */
function history(journal = memory()) {
  let now = noon;
  const failures: string[] = [];
  const counted = new Map<string, number>();
  const lasting = new Map<string, number>();
  const levels = new Map<string, number>();
  const table = new HistoryTable(journal);
  const clock = { now: () => now };
  const fresh = (): HistoryRecorder =>
    new HistoryRecorder({
      table,
      counters: [
        { series: 'transfers', lasting: false, read: () => counted },
        { series: 'relay-files', lasting: true, read: () => lasting },
      ],
      levels: [{ series: 'firmware', read: () => Promise.resolve(levels) }],
      clock,
      everyMs: minute,
      onFailure: ({ code }) => failures.push(code),
    });
  const at = (ms: number): void => {
    now = ms;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  const reader = new HistoryReader(table, clock);
  const last = (
    series: 'transfers' | 'relay-files' | 'firmware' | 'sync-runs',
    step: 300 | 3_600 | 86_400,
  ) =>
    Object.fromEntries(
      reader
        .ask({ series, step, from: now - (maxBuckets - 2) * step * 1_000, to: now + 1 })
        .lines.map(({ label, values }) => [
          label,
          values.reduce((a: number, b) => a + (b ?? 0), 0),
        ]),
    );
  return { journal, table, fresh, reader, at, pass, last, failures, counted, lasting, levels };
}

function memory(): Journal {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  return journal;
}

describe('what is kept', () => {
  it('is what a counter grew by, in buckets of every width', async () => {
    const { fresh, reader, pass, counted } = history();
    const recorder = fresh();
    counted.set('tftp done', 7);
    await recorder.start();
    pass(minute);
    await recorder.record();
    counted.set('tftp done', 10);
    pass(4 * minute);
    await recorder.record();
    pass(minute);
    await recorder.record();
    await recorder.stop();
    const from = noon - 300_000;
    for (const { step } of historySteps) {
      const { lines, times } = reader.ask({ series: 'transfers', step, from, to: noon + 600_000 });
      const [line] = lines;
      expect(line?.label).toBe('tftp done');
      expect(line?.values.at(-1), String(step)).toBe(step === 300 ? 0 : 10);
      expect(times).toHaveLength(line?.values.length ?? 0);
    }
    const fine = reader.ask({ series: 'transfers', step: 300, from, to: noon + 600_000 });
    expect(fine.times).toEqual([-1, 0, 1].map((n) => noon / 1_000 + n * 300));
    expect(fine.lines[0]?.values).toEqual([null, 10, 0]);
  });

  it('belongs to the bucket that ends as it is written', async () => {
    const { fresh, reader, at, pass, counted } = history();
    const recorder = fresh();
    at(noon + 4 * minute);
    await recorder.start();
    counted.set('http done', 1);
    pass(minute);
    await recorder.record();
    const { lines } = reader.ask({
      series: 'transfers',
      step: 300,
      from: noon,
      to: noon + 600_000,
    });
    expect(lines).toEqual([{ label: 'http done', values: [1, 0] }]);
  });

  it('is written at a stop, and a restart counts nothing twice', async () => {
    const { fresh, pass, last, counted, lasting } = history();
    const first = fresh();
    await first.start();
    counted.set('http done', 5);
    lasting.set('cdr sent', 5);
    first.observe('sync-runs', 'done', 1_500);
    pass(10_000);
    await first.stop();

    // The process's own counters begin anew, the database's go on.
    counted.set('http done', 2);
    lasting.set('cdr sent', 6);
    const second = fresh();
    await second.start();
    pass(minute);
    await second.record();
    await second.record();
    await second.stop();
    expect(last('transfers', 86_400)).toEqual({ 'http done': 7 });
    expect(last('relay-files', 86_400)).toEqual({ 'cdr sent': 6 });
    expect(last('sync-runs', 86_400)).toEqual({ done: 1_500 });
  });

  it('loses less than a bucket when the process is killed, and nothing of what the database counts', async () => {
    const { fresh, pass, last, counted, lasting } = history();
    const killed = fresh();
    await killed.start();
    counted.set('http done', 5);
    lasting.set('cdr sent', 5);
    pass(minute);
    await killed.record();
    counted.set('http done', 6);
    lasting.set('cdr sent', 8);
    // Killed: never stopped.
    counted.clear();
    const next = fresh();
    await next.start();
    pass(minute);
    await next.record();
    expect(last('transfers', 300)).toEqual({ 'http done': 5 });
    expect(last('relay-files', 300)).toEqual({ 'cdr sent': 8 });
  });

  it('waits when it cannot be written, and is then written once', async () => {
    const { journal, fresh, pass, last, counted, failures } = history();
    const recorder = fresh();
    await recorder.start();
    counted.set('tftp done', 3);
    recorder.observe('sync-runs', 'failed', 20);
    journal.run('alter table history rename to away');
    pass(minute);
    await recorder.record();
    expect(failures.length).toBeGreaterThan(0);
    journal.run('alter table away rename to history');
    pass(minute);
    await recorder.record();
    await recorder.stop();
    expect(last('transfers', 3_600)).toEqual({ 'tftp done': 3 });
    expect(last('sync-runs', 3_600)).toEqual({ failed: 20 });
  });

  it('is how levels were at the end of a bucket, the many small ones together', async () => {
    const { fresh, reader, pass, levels } = history();
    const recorder = fresh();
    await recorder.start();
    for (let n = 1; n <= 100; n += 1) levels.set(`J179 ${String(n)}`, n);
    levels.set('x'.repeat(500), 1_000);
    pass(minute);
    await recorder.record();
    levels.clear();
    levels.set('J179 4.1', 9);
    pass(5 * minute);
    await recorder.record();
    const { lines } = reader.ask({
      series: 'firmware',
      step: 300,
      from: noon - 300_000,
      to: noon + 600_000,
    });
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(lines.every(({ label }) => label.length <= 64)).toBe(true);
    const sum = (bucket: number): number =>
      lines.reduce((total, { values }) => total + (values[bucket] ?? 0), 0);
    expect(sum(1)).toBe(5_050 + 1_000);
    expect(lines.find(({ label }) => label === 'J179 4.1')?.values).toEqual([null, 0, 9]);
    const byDay = reader.ask({
      series: 'firmware',
      step: 86_400,
      from: noon - day,
      to: noon + 1_000,
    });
    expect(byDay.lines).toEqual([{ label: 'J179 4.1', values: [null, 9] }]);
  });

  it('says how many durations there were, and the longest', async () => {
    const { fresh, reader, pass } = history();
    const recorder = fresh();
    await recorder.start();
    for (const ms of [10, 30, 20.4]) recorder.observe('sync-runs', 'done', ms);
    pass(minute);
    await recorder.record();
    const { lines } = reader.ask({
      series: 'sync-runs',
      step: 3_600,
      to: noon + minute,
      from: noon,
    });
    expect(lines).toEqual([{ label: 'done', values: [60], counts: [3], peaks: [30] }]);
  });
});

describe('bounds', () => {
  it('give up each width after its time', async () => {
    const { journal, fresh, at, counted } = history();
    const recorder = fresh();
    await recorder.start();
    const rows = (step: number): number =>
      journal.row('select count(*) as n from history where step = ?', [step], ({ n }) =>
        Number(n),
      ) ?? 0;
    for (let n = 1; n <= 70 * 24; n += 1) {
      counted.set('tftp done', n);
      at(noon + n * 3_600_000);
      await recorder.record();
    }
    expect(rows(300)).toBeLessThanOrEqual(2 * 24 + 2);
    expect(rows(3_600)).toBeGreaterThanOrEqual(60 * 24);
    expect(rows(3_600)).toBeLessThanOrEqual(60 * 24 + 2);
    expect(rows(86_400)).toBeGreaterThanOrEqual(70);
    at(noon + 1_000 * day);
    counted.set('tftp done', 0.5);
    await recorder.record();
    expect(rows(86_400)).toBeLessThanOrEqual(2);
  });

  it('leave what is there alone in the first hour, when the clock may be wrong', async () => {
    const { journal, fresh, at, pass, counted } = history();
    const before = fresh();
    await before.start();
    counted.set('tftp done', 1);
    pass(minute);
    await before.stop();
    at(noon + 2_000 * day);
    counted.clear();
    const ahead = fresh();
    await ahead.start();
    pass(minute);
    await ahead.record();
    expect(journal.row('select count(*) as n from history', [], ({ n }) => Number(n))).toBe(3);
  });

  it.each([
    { from: noon, to: noon },
    { from: noon, to: noon - 1 },
    { from: noon - 30 * day, to: noon, step: 300 as const },
    { from: 0, to: noon, step: 86_400 as const },
  ])('refuse a question without an answer of its size: %j', (question) => {
    expect(() => history().reader.ask({ series: 'transfers', ...question })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it.each([
    [6 * 3_600_000, 300],
    [day, 300],
    [7 * day, 3_600],
    [50 * day, 86_400],
    [365 * day, 86_400],
  ])('choose the step for %d ms: %d s', (ms, step) => {
    const { reader } = history();
    expect(reader.ask({ series: 'transfers', from: noon - ms, to: noon }).step).toBe(step);
  });
});

describe('counters of the database', () => {
  it('count what was sent, came and was delivered, each once, whatever is purged', async () => {
    const file = `${await tempFolder()}/branchline.db`;
    const journal = new Journal(file);
    const ledger = new SqliteLedger(journal);
    const record: NewlyReceived = {
      branch: 'lisbon',
      kind: 'cdr',
      name: 'a.cdr',
      storedAs: 'a.cdr',
      size: 100,
      sha256: 'aa',
      modifiedMs: 1,
      receivedAt: 5,
    };
    await ledger.record([record, { ...record, kind: 'backup', size: 7 }]);
    await ledger.record([record]);
    await ledger.delivered(1, 6);
    await ledger.purged([1], 7);
    const outgoing = new OutgoingTable(journal);
    const file1 = {
      kind: 'bcms',
      name: 'b',
      size: 40,
      modifiedMs: 1,
      sha256: 'b1',
      noticedAt: 1,
    } as const;
    outgoing.record([file1]);
    outgoing.acknowledge('ledger', [file1], 2);
    outgoing.acknowledge('ledger', [file1], 3);
    outgoing.record([{ ...file1, sha256: 'b2', size: 50 }]);
    outgoing.acknowledge('ledger', [{ ...file1, sha256: 'b2' }], 4);
    const counts = relayCounts(journal);
    journal.close();
    expect(counts).toEqual([
      { kind: 'backup', way: 'received', files: 1, bytes: 7 },
      { kind: 'bcms', way: 'sent', files: 2, bytes: 90 },
      { kind: 'cdr', way: 'delivered', files: 1, bytes: 100 },
      { kind: 'cdr', way: 'received', files: 1, bytes: 100 },
    ]);
  });
});
