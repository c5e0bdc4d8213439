import { expect, it } from 'vitest';
import { Check } from 'typebox/value';
import { attention } from '../../libs/pages/attention.ts';
import { statusPage } from '../../libs/pages/status-page.ts';
import { statusSchema, type RecordIntakeStatus } from '../../libs/pages/status.ts';
import { Times } from '../../libs/pages/words.ts';
import { minutesAgo, quietStatus, statusClock } from '../support/fake-status.ts';

const assets = { css: '/a.css', js: '/a.js', icon: '/a.svg' };

const link = (change: Partial<RecordIntakeStatus> = {}): RecordIntakeStatus => ({
  intake: 'link',
  connected: [{ from: '10.1.0.10', since: minutesAgo(90), lastRecordAt: minutesAgo(1) }],
  aloneSince: null,
  records: 4120,
  recordsToday: 1204,
  lastRecordAt: minutesAgo(1),
  files: [{ name: 'cdr_10.1.0.10_<b>.txt', bytes: 48_000 }],
  silentSince: null,
  trouble: null,
  ...change,
});

const statusOf = (...intakes: RecordIntakeStatus[]) => quietStatus({ intakes });
const pageOf = (...intakes: RecordIntakeStatus[]): string =>
  statusPage(statusOf(...intakes), { refreshS: 0, assets, zone: 'UTC' }).text;
const noticesOf = (...intakes: RecordIntakeStatus[]) =>
  attention(statusOf(...intakes), new Times(statusClock, 'UTC'));

it('shows who is connected, the last record, today and the file, where records come in', () => {
  expect(Check(statusSchema, statusOf(link()))).toBe(true);
  const page = pageOf(link());
  for (const text of ['id="records"', '10.1.0.10', '1,204', '&lt;b&gt;'])
    expect(page).toContain(text);
  expect(page).not.toContain('_<b>.txt');
  expect(pageOf()).not.toContain('id="records"');
  expect(noticesOf(link())).toEqual([]);
});

it('warns of a link without a switch and of one without records, and fails for a disk that takes none', () => {
  const alone = { connected: [], aloneSince: minutesAgo(70), silentSince: minutesAgo(70) };
  expect(noticesOf(link(alone), link({ silentSince: minutesAgo(61) }))).toMatchObject([
    { level: 'warning', what: expect.stringContaining('No switch') as string },
    { level: 'warning', what: expect.stringContaining('No call record') as string },
  ]);
  const trouble = { code: 'DISK_FULL', sentence: 'no space left', at: null };
  expect(noticesOf(link({ trouble }))).toMatchObject([{ level: 'failed', code: 'DISK_FULL' }]);
});
