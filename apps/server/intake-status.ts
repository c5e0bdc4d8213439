import type { BranchlineError } from '#libs/errors';
import type { RecordIntakeStatus } from '#libs/pages';
import { iso } from './branch-view.ts';
import type { CdrPart } from './cdr-part.ts';
import type { ServerPlan } from './server-plan.ts';

/** Call records that come over the network, as the page and the API show them. Times in Unix milliseconds. */
export function intakeStatus(
  { intakes: { silenceMs } }: ServerPlan,
  { link, web }: CdrPart,
  startedAt: number,
  now: number,
): RecordIntakeStatus[] {
  const silent = (since: number): string | null =>
    silenceMs > 0 && now - since >= silenceMs ? iso(since) : null;
  const shared = (part: NonNullable<CdrPart['link' | 'web']>) => ({
    records: part.tally.records,
    recordsToday: part.tally.today,
    lastRecordAt: iso(part.tally.lastAt),
    trouble: troubleOf(part.trouble),
  });
  const status: RecordIntakeStatus[] = [];
  if (link !== undefined) {
    const { connections, aloneSince } = link;
    const since = Math.max(...connections.map((each) => each.lastAt ?? each.since));
    status.push({
      ...shared(link),
      intake: 'link',
      connected: connections.map(({ from, since: at, lastAt }) => ({
        from,
        since: new Date(at).toISOString(),
        lastRecordAt: iso(lastAt),
      })),
      aloneSince: iso(aloneSince),
      files: connections.flatMap(({ file }) => shown(file)),
      silentSince: silent(aloneSince ?? since),
    });
  }
  if (web !== undefined) {
    status.push({
      ...shared(web),
      intake: 'web',
      connected: [],
      aloneSince: null,
      files: shown(web.file),
      silentSince: silent(web.tally.lastAt ?? startedAt),
    });
  }
  return status;
}

const shown = (
  file: { readonly name: string; readonly size: number } | undefined,
): RecordIntakeStatus['files'] =>
  file === undefined ? [] : [{ name: file.name, bytes: file.size }];

const troubleOf = (trouble: BranchlineError | undefined): RecordIntakeStatus['trouble'] =>
  trouble === undefined ? null : { code: trouble.code, sentence: trouble.message, at: null };
