import { Type, type Static } from 'typebox';
import { isClient } from '../support/clients.ts';

const count = Type.Integer({ minimum: 0 });

/** What a run came to; the reporter writes it, the runner prints it. */
export const tallySchema = Type.Object({
  passed: count,
  failed: count,
  skipped: count,
  /** Skipped tests by what they lacked: a client, `root`, or the test's own words. */
  wanting: Type.Record(Type.String(), count),
  /** Tests that passed at the second try only. */
  again: Type.Array(Type.String()),
});

export type Tally = Static<typeof tallySchema>;

/** The line that CI reads: always the last, always alone. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** What the skipped tests wanted: clients and rights in one line, the tests' own reasons in another. None, no line. */
export function skippedLines({ wanting }: Tally): string[] {
  const entries = Object.entries(wanting).toSorted(([a], [b]) => a.localeCompare(b));
  const line = (start: string, which: typeof entries): string[] =>
    which.length === 0
      ? []
      : [`${start}${which.map(([what, count]) => `${what}: ${count}`).join(', ')}`];
  return [
    ...line(
      'skipped for want of ',
      entries.filter(([what]) => isNeed(what)),
    ),
    ...line(
      'skipped for other reasons: ',
      entries.filter(([what]) => !isNeed(what)),
    ),
  ];
}

/** Tests that somebody should look at although the run is good. None, no line. */
export const againLines = ({ again }: Tally): string[] =>
  again.map((title) => `passed at the second try only: ${title}`);

/** A run is good when something ran and nothing failed. */
export const isGood = ({ passed, failed }: Tally): boolean => passed > 0 && failed === 0;

/** Clients, and what a test may need besides. */
const isNeed = (name: string): boolean =>
  isClient(name) || ['chromium', 'root', 'tmpfs'].includes(name);

/**
 * What a skipped test lacks. Titles name it in parentheses, as in `serves curl (curl, root)`;
 * of several clients named, the missing ones count.
 */
export function lackOf(title: string, isHere: (name: string) => boolean, note?: string): string[] {
  const named = [...title.matchAll(/\(([^()]*)\)/g)]
    .flatMap((match) => (match[1] ?? '').split(/,| and /))
    .map((name) => name.trim())
    .filter(isNeed);
  const lacking = [...new Set(named)].filter((name) => !isHere(name));
  if (lacking.length > 0) return lacking;
  return [note ?? 'not told'];
}
