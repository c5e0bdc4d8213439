import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadFailed, type ScannedPhone } from './scanned-phone.ts';
import { summaryText, type ScanSummary } from './scan-summary.ts';

/** What stands above a report. Times are Unix milliseconds. */
export interface ReportHead {
  readonly id: string;
  readonly server: string;
  readonly state: string;
  readonly ranges: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly summary: ScanSummary;
}

export type Phones = Iterable<ScannedPhone> | AsyncIterable<ScannedPhone>;

/** Lines that are made in one turn of the event loop. */
const perTurn = 500;

const columns = [
  'address',
  'outcome',
  'family',
  'model',
  'extension',
  'serial',
  'mac',
  'group',
  'firmware',
  'offered',
  'standing',
  'load',
  'script',
  'note',
] as const satisfies readonly (keyof ScannedPhone)[];

/** One line for each address, for spreadsheets (RFC 4180). */
export async function* csvReport(phones: Phones): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(`${columns.join(',')}\r\n`);
  yield* lines(phones, (phone) => `${columns.map((key) => csvCell(phone[key])).join(',')}\r\n`);
}

/** Everything, for programs. */
export async function* jsonReport(
  head: ReportHead,
  phones: Phones,
): AsyncGenerator<Buffer, void, undefined> {
  const { startedAt, endedAt, ...rest } = head;
  const times = { startedAt: iso(startedAt), endedAt: endedAt === undefined ? null : iso(endedAt) };
  yield Buffer.from(`{"scan":${JSON.stringify({ ...rest, ...times })},"phones":[`);
  let separator = '\n';
  yield* lines(phones, (phone) => {
    const line = `${separator}${JSON.stringify(phone)}`;
    separator = ',\n';
    return line;
  });
  yield Buffer.from('\n]}\n');
}

/** The Guide's detail format (p. 42): what every address answered, for people. */
export async function* detailReport(
  head: ReportHead,
  phones: Phones,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(`${headText(head)}\n${row(detailColumns.map(([name]) => name))}`);
  yield* lines(phones, (phone) => row(detailColumns.map(([, of]) => of(phone))));
}

/** The Guide's summary format (p. 42): how many run what. */
export function summaryReport(head: ReportHead): string {
  const { summary } = head;
  const rows = summary.versions.map(({ phones, family, firmware, standing }) =>
    [
      String(phones).padStart(7),
      (family ?? '-').padEnd(22),
      standing.padEnd(8),
      firmware ?? '-',
    ].join('  '),
  );
  return [
    headText(head),
    ' phones  family                  standing  firmware',
    ...rows,
    '',
    ...counted.map(([key, words]) => `${String(summary[key]).padStart(7)}  ${words}`),
    '',
  ].join('\n');
}

const counted = [
  ['addresses', 'addresses in the ranges'],
  ['asked', 'asked'],
  ['silent', 'did not answer'],
  ['others', 'answered and are no telephones'],
  ['phones', 'telephones'],
  ['current', 'run what this server offers'],
  ['behind', 'are behind'],
  ['ahead', 'run something newer'],
  ['unknown', 'cannot be compared'],
  ['failedLoads', 'failed their last load of firmware'],
  ['failedScripts', 'did not get or read their last upgrade script'],
] as const;

const headText = ({ server, state, ranges, startedAt, endedAt, summary }: ReportHead): string =>
  [
    `Firmware scan by ${server}: ${state}`,
    `ranges:  ${ranges}`,
    `began:   ${iso(startedAt)}`,
    `ended:   ${endedAt === undefined ? '-' : iso(endedAt)}`,
    `result:  ${summaryText(summary)}`,
    '',
  ].join('\n');

const detailColumns: readonly (readonly [string, (phone: ScannedPhone) => string | null])[] = [
  ['address        ', ({ address }) => address],
  ['answer  ', ({ outcome, standing }) => (outcome === 'phone' ? standing : outcome)],
  ['family              ', ({ family }) => family],
  ['model     ', ({ model }) => model],
  ['extension', ({ extension }) => extension],
  ['load      ', (phone) => (loadFailed(phone) ? phone.load : phone.load && 'ok')],
  ['runs                            ', ({ firmware }) => firmware],
  ['offered                         ', ({ offered }) => offered],
  ['note', ({ note }) => note],
];

function row(cells: readonly (string | null)[]): string {
  const padded = cells.map((cell, index) =>
    plain(cell ?? '-').padEnd(detailColumns[index]?.[0].length ?? 0),
  );
  return `${padded.join('  ').trimEnd()}\n`;
}

async function* lines(
  phones: Phones,
  line: (phone: ScannedPhone) => string,
): AsyncGenerator<Buffer, void, undefined> {
  let gathered: string[] = [];
  for await (const phone of phones) {
    gathered.push(line(phone));
    if (gathered.length < perTurn) continue;
    yield Buffer.from(gathered.join(''));
    gathered = [];
    await nextTurn();
  }
  yield Buffer.from(gathered.join(''));
}

/** Whatever a telephone or a script says must not end a line, nor steer a terminal. */
const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

/** Spreadsheets take a cell that begins with one of these for a formula. */
function csvCell(value: string | null): string {
  const text = plain(value ?? '');
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",']/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const iso = (at: number): string => new Date(at).toISOString();
