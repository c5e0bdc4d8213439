import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { KeptLines, tailOfLog } from '#libs/observe';
import { tempFolder } from '../support/temp-folder.ts';

const line = (facts: object): string =>
  `${JSON.stringify({ level: 'info', time: '2026-11-26T12:00:00.000Z', ...facts })}\n`;

const filled = (...facts: readonly object[]): KeptLines => {
  const kept = new KeptLines();
  for (const one of facts) kept.write(line(one));
  return kept;
};

const said = (kept: KeptLines, question: Omit<Parameters<KeptLines['ask']>[0], 'limit'>) =>
  kept.ask({ limit: 100, ...question }).lines.map(({ msg }) => msg);

it('takes a line apart', () => {
  const kept = filled({ service: 'tftp', msg: 'file sent', phone: '10.0.0.1', bytes: 5 });
  expect(kept.ask({ limit: 1 }).lines).toEqual([
    {
      time: '2026-11-26T12:00:00.000Z',
      level: 'info',
      service: 'tftp',
      msg: 'file sent',
      facts: '{"phone":"10.0.0.1","bytes":5}',
    },
  ]);
});

it('finds by level, part and text', () => {
  const kept = filled(
    { msg: 'a', level: 'debug', service: 'tftp' },
    { msg: 'b', level: 'warn', service: 'tftp', phone: 'ABC' },
    { msg: 'c', level: 'error', service: 'ftp' },
  );
  expect(said(kept, { level: 'warn' })).toEqual(['b', 'c']);
  expect(said(kept, { service: 'tftp' })).toEqual(['a', 'b']);
  expect(said(kept, { text: 'abc' })).toEqual(['b']);
  expect(said(kept, { text: 'FTP', level: 'error' })).toEqual(['c']);
});

it('goes on after a cursor, and says when lines have gone', () => {
  const kept = filled({ msg: 'a' }, { msg: 'b' });
  const { cursor } = kept.ask({ limit: 10 });
  expect(kept.ask({ limit: 10, after: cursor })).toEqual({ lines: [], cursor, gap: false });
  kept.write(line({ msg: 'c' }));
  expect(kept.ask({ limit: 10, after: cursor })).toMatchObject({
    lines: [{ msg: 'c' }],
    gap: false,
  });
  for (let n = 0; n < 3_000; n += 1) kept.write(line({ msg: String(n) }));
  const later = kept.ask({ limit: 5_000, after: cursor });
  expect([later.gap, later.lines.length, later.lines.at(-1)?.msg]).toEqual([true, 2_000, '2999']);
  // Of the process before: everything.
  expect(filled({ msg: 'new' }).ask({ limit: 10, after: '123-99' })).toMatchObject({
    lines: [{ msg: 'new' }],
    gap: false,
  });
});

it('keeps no more than a million characters, and the newest of what is wanted', () => {
  const kept = new KeptLines();
  for (let n = 0; n < 100; n += 1) kept.write(line({ msg: String(n), x: 'x'.repeat(15_000) }));
  const { lines } = kept.ask({ limit: 1_000 });
  expect(lines.length).toBe(66);
  expect(kept.ask({ limit: 2 }).lines.map(({ msg }) => msg)).toEqual(['98', '99']);
});

it.each(['', 'no json', '[]', '{"level":"loud","time":"x"}', '{"level":"info","time":7}', 'null'])(
  'passes over %j',
  (strange) => {
    const kept = new KeptLines();
    kept.write(strange);
    expect(kept.ask({ limit: 9 }).lines).toEqual([]);
  },
);

it('reads the end of a log file, and of the one before while it is short', async () => {
  const file = path.join(await tempFolder(), 'branchline.log');
  expect(await tailOfLog(file, { limit: 10 })).toEqual([]);
  await writeFile(`${file}.1`, line({ msg: 'before' }));
  await writeFile(file, `${line({ msg: 'one' })}half a li`);
  expect((await tailOfLog(file, { limit: 10 })).map(({ msg }) => msg)).toEqual(['before', 'one']);
  await writeFile(file, line({ msg: 'many' }).repeat(20_000));
  const tail = await tailOfLog(file, { limit: 50_000 });
  expect(tail.length).toBe(Math.floor((512 * 1024) / line({ msg: 'many' }).length));
  expect(await tailOfLog(file, { limit: 3, text: 'before' })).toEqual([]);
});
