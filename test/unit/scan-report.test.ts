import { expect, it } from 'vitest';
import { csvReport, jsonReport, summaryText, type ScannedPhone } from '#libs/scan';
import { detailReport, summaryReport, type ReportHead } from '../../libs/scan/scan-report.ts';
import { ScanTally } from '../../libs/scan/scan-summary.ts';
import { unknownAt } from '../../libs/scan/scanned-phone.ts';

const phone = (address: string, more: Partial<ScannedPhone> = {}): ScannedPhone => ({
  ...unknownAt(address, 'phone', null),
  family: 'J100 and 96x1 SIP',
  firmware: '4.0.9.0.1',
  standing: 'behind',
  ...more,
});

function headOf(phones: readonly ScannedPhone[], addresses = phones.length): ReportHead {
  const tally = new ScanTally(addresses);
  for (const one of phones) tally.add(one);
  const { summary } = tally;
  const times = { startedAt: 1_790_000_000_000, endedAt: 1_790_000_002_000 };
  return { id: 'abcd', server: 'lisbon', state: 'done', ranges: 'some', ...times, summary };
}

async function textOf(report: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of report) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const current = { firmware: '4.1.3.0.6', standing: 'current' } as const;

it('says what matters in one sentence', () => {
  const words = (...phones: ScannedPhone[]): string => summaryText(headOf(phones).summary);
  expect(
    words(
      phone('10.0.0.1'),
      phone('10.0.0.2', { load: 'failed' }),
      phone('10.0.0.3', { ...current, load: 'not stored', script: 'not obtained' }),
      unknownAt('10.0.0.4', 'silent', null),
      unknownAt('10.0.0.5', 'other', null),
    ),
  ).toBe(
    '2 phones are behind, 2 failed their last load, 1 did not get its script, 1 is no telephone, 1 did not answer, 1 runs what this server offers',
  );
  expect(words(phone('10.0.0.1', current), phone('10.0.0.2', current))).toBe(
    'all 2 phones that answered run what this server offers',
  );
  expect(words(unknownAt('10.0.0.4', 'silent', null))).toBe('1 did not answer');
  expect(summaryText(headOf([], 5).summary)).toBe('5 were not asked');
});

it('counts the versions, the most frequent first, and a bounded number of them', () => {
  const phones = Array.from({ length: 300 }, (_, index) =>
    phone(`10.0.${index >> 8}.${index & 255}`, { firmware: `4.0.${Math.min(index, 200)}` }),
  );
  const { versions, behind } = headOf(phones).summary;
  expect([behind, versions.length]).toEqual([300, 64]);
  expect(versions[0]).toMatchObject({ firmware: '4.0.200', phones: 100 });
});

it('counts versions beyond a thousand together, as strangers choose what they say', () => {
  const tally = new ScanTally(3_000);
  for (let n = 0; n < 3_000; n += 1) tally.add(phone('10.0.0.1', { firmware: `v${n}` }));
  for (let n = 0; n < 9; n += 1) tally.add(phone('10.0.0.1', { firmware: 'v7' }));
  const { behind, versions } = tally.summary;
  expect([behind, versions.length]).toEqual([3_009, 64]);
  expect(versions.slice(0, 2)).toEqual([
    { family: null, firmware: null, standing: 'behind', phones: 3_000 - 1_024 },
    { family: 'J100 and 96x1 SIP', firmware: 'v7', standing: 'behind', phones: 10 },
  ]);
});

it('makes no formula, no line and no command of what a telephone or a script says', async () => {
  const hostile = [
    phone('10.0.0.1', {
      model: '=cmd|x',
      note: '+1',
      offered: '@SUM(A1)',
      serial: '-2',
      mac: '\t=1',
    }),
    phone('10.0.0.2', { offered: 'a"b,c\r\n10.0.0.3,phone', note: '\x1b[31m\u2028' }),
  ];
  const csv = await textOf(csvReport(hostile));
  const [, first = '', second = ''] = csv.split('\r\n');
  expect(csv.split('\r\n')).toHaveLength(4);
  expect(first).toBe(
    `10.0.0.1,phone,J100 and 96x1 SIP,"'=cmd|x",,"'-2",?=1,,4.0.9.0.1,"'@SUM(A1)",behind,,,"'+1"`,
  );
  expect(second).toContain('"a""b,c??10.0.0.3,phone"');
  const detail = await textOf(detailReport(headOf(hostile), hostile));
  expect(detail.split('\n').filter((line) => line.startsWith('10.0.0.3'))).toEqual([]);
  expect(csv + detail).not.toContain('\x1b');
  const json: unknown = JSON.parse(await textOf(jsonReport(headOf(hostile), hostile)));
  expect(json).toMatchObject({
    scan: { server: 'lisbon', summary: { phones: 2 } },
    phones: hostile,
  });
});

it('gives a summary of how many run what', () => {
  const text = summaryReport(headOf([phone('10.0.0.1'), phone('10.0.0.2', current)]));
  expect(text).toMatch(/^ {6}1 {2}J100 and 96x1 SIP {7}behind {4}4\.0\.9\.0\.1$/m);
  expect(text).toMatch(/^ {6}1 {2}are behind$/m);
});
