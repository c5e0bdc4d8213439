import { expect, it, onTestFinished } from 'vitest';
import { Journal, ScansTable, type ScannedRow, type ScanRecord } from '#libs/journal';

function table(): ScansTable {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  return new ScansTable(journal);
}

const scan = (id: string, startedAt: number, more: Partial<ScanRecord> = {}): ScanRecord => ({
  id,
  startedAt,
  endedAt: startedAt + 1,
  state: 'done',
  askedBy: 'command',
  ranges: '10.0.0.1 10.0.0.9',
  addresses: 9,
  summary: '{}',
  files: undefined,
  code: undefined,
  message: undefined,
  ...more,
});

const row = (place: number, more: Partial<ScannedRow> = {}): ScannedRow => ({
  place,
  kind: 'behind',
  failed: false,
  phone: `{"place":${place}}`,
  words: `place ${place}`,
  ...more,
});

it('remembers scans and what they found, by kind, failure and words', () => {
  const scans = table();
  scans.save(scan('a', 1, { state: 'running', endedAt: undefined }));
  scans.add(
    'a',
    [row(3), row(1, { kind: 'silent' }), row(2, { failed: true, words: 'J179 Ä' })],
    '{"n":3}',
  );
  scans.add('a', [row(3, { phone: '{"twice":1}' })], '{"n":4}');
  scans.save({ ...scan('a', 1), files: 'scan_x', summary: '{"n":4}' });
  expect(scans.find('a')).toEqual(scan('a', 1, { files: 'scan_x', summary: '{"n":4}' }));
  const all = { limit: 10, offset: 0 };
  expect(scans.phones('a', all)).toEqual({
    total: 3,
    phones: ['{"place":1}', '{"place":2}', '{"place":3}'],
  });
  expect(scans.phones('a', { ...all, kinds: ['behind'], limit: 1, offset: 1 })).toEqual({
    total: 2,
    phones: ['{"place":3}'],
  });
  expect(scans.phones('a', { ...all, failed: true }).total).toBe(1);
  expect(scans.phones('a', { ...all, text: 'j179 ä' }).total).toBe(1);
  expect(scans.phones('a', { ...all, text: "%' or 1=1 --" }).total).toBe(0);
  expect(scans.phonesBehind('a', 1, 10).map(({ place }) => place)).toEqual([2, 3]);
});

it('says of a scan that died that it will not end, and takes it for no result', () => {
  const scans = table();
  scans.save(scan('old', 1));
  scans.save(scan('dead', 2, { state: 'running', endedAt: undefined }));
  scans.add('dead', [row(1)], '{"n":1}');
  scans.closeInterrupted(9);
  expect(scans.find('dead')).toMatchObject({
    ...{ state: 'failed', code: 'INTERRUPTED', endedAt: 9, summary: '{"n":1}' },
  });
  expect(scans.phones('dead', { limit: 10, offset: 0 }).total).toBe(1);
  expect(scans.lastDone()?.id).toBe('old');
});

it('forgets the oldest scans, and what older ones found when it is too much', () => {
  const scans = table();
  for (let id = 1; id <= 210; id += 1) {
    scans.save(scan(`s${id}`, id, { addresses: id === 210 ? 200_000 : 9 }));
    if (id >= 207) scans.add(`s${id}`, [row(1), row(2)], '{}');
  }
  while (scans.prune());
  expect(scans.recent(1_000)).toHaveLength(200);
  expect(scans.recent(1)[0]?.id).toBe('s210');
  const kept = ['s210', 's209', 's208', 's207'].map(
    (id) => scans.phones(id, { limit: 9, offset: 0 }).total,
  );
  // The newest is kept however large it is.
  expect(kept).toEqual([2, 0, 0, 0]);
});
