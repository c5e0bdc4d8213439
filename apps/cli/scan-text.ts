import type { ScannedPhone, ScanView } from '#libs/scan';
import type { ScanDesk } from './scan-desk.ts';
import { printable, table } from './table.ts';

/** Telephones of each kind that are named; the files name all. */
const maxNamed = 20;

/** A scan for people: its sentence, who runs what, and who needs attention. */
export async function scanText(desk: ScanDesk, scan: ScanView): Promise<string> {
  const { words, state, summary, files } = scan;
  const cut = state === 'cancelled' ? ' (cancelled; this is what had answered)' : '';
  const versions = summary.versions.map(({ phones, family, firmware, standing }) => [
    String(phones),
    family ?? '–',
    firmware ?? '–',
    standing,
  ]);
  const blocks = [
    `${words}${cut}`,
    ...block(table(['phones', 'family', 'runs', 'standing'], versions)),
    ...(await named(desk, scan, 'behind', summary.behind)),
    ...(await named(desk, scan, 'failed', summary.failedLoads)),
    ...(files === null
      ? []
      : [`all of it: ${files}_detail.txt, .csv and .json in the folder Scan`]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

async function named(
  desk: ScanDesk,
  { id }: ScanView,
  show: 'behind' | 'failed',
  count: number,
): Promise<string[]> {
  if (count === 0) return [];
  const { phones, total } = await desk.phones(id, { show, text: '', limit: maxNamed, offset: 0 });
  const rest = total > phones.length ? [`… and ${total - phones.length} more`] : [];
  const title = show === 'behind' ? 'behind:' : 'failed their last load:';
  return block([title, ...table(heads, phones.map(rowOf)), ...rest]);
}

const heads = ['address', 'model', 'extension', 'runs', 'offered', 'note'];

const rowOf = (phone: ScannedPhone): string[] =>
  [phone.address, phone.model, phone.extension, phone.firmware, phone.offered, phone.note].map(
    (text) => printable(text ?? '–'),
  );

const block = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [lines.join('\n')];

/** The scans so far, newest first. */
export function historyText(scans: readonly ScanView[]): string {
  if (scans.length === 0) return 'nothing has been scanned yet\n';
  const rows = scans.map(({ startedAt, state, askedBy, ranges, words }) => [
    startedAt,
    state,
    askedBy,
    ranges.length > 40 ? `${ranges.slice(0, 39)}…` : ranges,
    words,
  ]);
  return `${table(['began', 'state', 'by', 'ranges', 'result'], rows).join('\n')}\n`;
}
