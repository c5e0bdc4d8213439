import type { ScansTable } from '#libs/journal';
import type { ScanControl, ScannedShow } from '#libs/pages';
import {
  csvReport,
  jsonReport,
  phoneOfRow,
  rangesOf,
  scanView,
  summaryOf,
  type ScannedPhone,
} from '#libs/scan';
import type { ScanPart } from './scan-part.ts';
import type { ServerPlan } from './server-plan.ts';

/** What is remembered of the scans. */
export type ScansRead = Pick<ScanControl, 'find' | 'recent' | 'phones' | 'report'>;

/** Rows that are read at once for a report. */
const reportRows = 500;

const kindsOf: Readonly<Record<ScannedShow, readonly string[] | undefined>> = {
  all: undefined,
  failed: undefined,
  phones: ['current', 'behind', 'ahead', 'unknown'],
  behind: ['behind'],
  current: ['current'],
  ahead: ['ahead'],
  unknown: ['unknown'],
  other: ['other'],
  silent: ['silent'],
};

/** The scans as they are written down: also while their server is down. */
export const scansRead = ({ name }: Pick<ServerPlan, 'name'>, table: ScansTable): ScansRead => ({
  find: (id) => {
    const record = table.find(id);
    return record && scanView(record);
  },
  recent: (limit) => table.recent(limit).map(scanView),
  phones: (id, { show, text, limit, offset }) => {
    const query = { kinds: kindsOf[show], failed: show === 'failed', text, limit, offset };
    const { total, phones } = table.phones(id, query);
    return { total, offset, phones: phones.flatMap((json) => phoneOfRow(json) ?? []) };
  },
  report: (id, format) => {
    const record = table.find(id);
    if (record === undefined) return undefined;
    const phones = everyPhone(table, id);
    if (format === 'csv') return csvReport(phones);
    const { state, ranges, startedAt, endedAt } = record;
    const summary = summaryOf(record);
    return jsonReport({ id, server: name, state, ranges, startedAt, endedAt, summary }, phones);
  },
});

/** What the status port and the command offer of the scans: what is remembered, and the one that is on. */
export function scanControl(
  plan: Pick<ServerPlan, 'name' | 'scan'>,
  { scans, table }: Pick<ScanPart, 'scans' | 'table'>,
): ScanControl {
  const read = scansRead(plan, table);
  return {
    ...read,
    begin: async (what, max) => scans.begin(await rangesOf(plan.scan.folder, what), 'api', max),
    cancel: (id) => {
      scans.cancel(id);
      return scans.find(id);
    },
    find: (id) => scans.find(id),
    recent: (limit) => {
      const now = scans.current();
      return read.recent(limit).map((scan) => (scan.id === now?.id ? now : scan));
    },
  };
}

/** Page by page: a scan of thousands is never in memory as a whole. */
async function* everyPhone(
  table: ScansTable,
  id: string,
): AsyncGenerator<ScannedPhone, void, undefined> {
  for (let behind = -1; ;) {
    const rows = table.phonesBehind(id, behind, reportRows);
    for (const { phone } of rows) {
      const known = phoneOfRow(phone);
      if (known !== undefined) yield known;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    behind = last.place;
    await Promise.resolve();
  }
}
