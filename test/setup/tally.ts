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
});

export type Tally = Static<typeof tallySchema>;

/** The line that CI reads: always the last, always alone. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Which real clients the skipped tests wanted, or undefined when nothing was skipped. */
export function wantingLine({ wanting }: Tally): string | undefined {
  const entries = Object.entries(wanting).toSorted(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return undefined;
  return `skipped for want of ${entries.map(([what, count]) => `${what}: ${count}`).join(', ')}`;
}

/** A run is good when something ran and nothing failed. */
export const isGood = ({ passed, failed }: Tally): boolean => passed > 0 && failed === 0;

/** What a test may need besides clients. */
const rights = ['root', 'tmpfs'];

/**
 * What a skipped test lacks. Titles name it in parentheses, as in `serves curl (curl, root)`;
 * of several clients named, the missing ones count.
 */
export function lackOf(title: string, isHere: (name: string) => boolean, note?: string): string[] {
  const named = [...title.matchAll(/\(([^()]*)\)/g)]
    .flatMap((match) => (match[1] ?? '').split(/,| and /))
    .map((name) => name.trim())
    .filter((name) => isClient(name) || rights.includes(name));
  const lacking = [...new Set(named)].filter((name) => !isHere(name));
  if (lacking.length > 0) return lacking;
  return [note ?? 'other reasons'];
}
