import { Type, type Static, type TSchema } from 'typebox';
import { loadFailed, standings, type ScannedPhone } from './scanned-phone.ts';

const closed = { additionalProperties: false } as const;
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** Lines of a summary; the rest is counted together. */
export const maxVersions = 64;

/** Versions that are counted one by one. */
const maxKept = 1_024;

/** What a scan comes to. */
export const scanSummarySchema = Type.Object(
  {
    addresses: count('Addresses in the ranges'),
    asked: count('Of these, asked'),
    phones: count('Telephones that answered'),
    others: count('Other machines that answered'),
    silent: count('Addresses where nothing answered'),
    current: count('Telephones that run what they would get here'),
    behind: count('Telephones that run something older or something else'),
    ahead: count('Telephones that run something newer'),
    unknown: count('Telephones of which that cannot be told'),
    failedLoads: count('Telephones whose last load of firmware failed'),
    failedScripts: count('Telephones that could not get or read their last upgrade script'),
    versions: Type.Array(
      Type.Object(
        {
          family: orNull(Type.String({ maxLength: 64 })),
          firmware: orNull(Type.String({ maxLength: 128, description: 'What they run' })),
          standing: Type.Enum([...standings]),
          phones: count('Telephones'),
        },
        closed,
      ),
      { maxItems: maxVersions, description: 'The most frequent first' },
    ),
  },
  closed,
);
export type ScanSummary = Static<typeof scanSummarySchema>;

type Version = ScanSummary['versions'][number];

/** Counts what a scan finds, as it finds it. */
export class ScanTally {
  readonly #addresses: number;
  readonly #versions = new Map<string, { -readonly [K in keyof Version]: Version[K] }>();
  readonly #counts = {
    asked: 0,
    phones: 0,
    others: 0,
    silent: 0,
    current: 0,
    behind: 0,
    ahead: 0,
    unknown: 0,
    failedLoads: 0,
    failedScripts: 0,
  };

  constructor(addresses: number) {
    this.#addresses = addresses;
  }

  add(phone: ScannedPhone): void {
    const counts = this.#counts;
    counts.asked += 1;
    if (phone.outcome === 'silent') counts.silent += 1;
    if (phone.outcome === 'other') counts.others += 1;
    if (phone.outcome !== 'phone') return;
    counts.phones += 1;
    const { family, firmware } = phone;
    const standing = phone.standing ?? 'unknown';
    counts[standing] += 1;
    if (loadFailed(phone)) counts.failedLoads += 1;
    if (phone.script !== null && phone.script !== 'ok') counts.failedScripts += 1;
    const own = { family, firmware, standing };
    // Strangers choose what they say: beyond some hundred versions they are counted together.
    const counted =
      this.#versions.size < maxKept || this.#versions.has(JSON.stringify(own))
        ? own
        : { family: null, firmware: null, standing };
    const key = JSON.stringify(counted);
    const known = this.#versions.get(key);
    if (known !== undefined) known.phones += 1;
    else this.#versions.set(key, { ...counted, phones: 1 });
  }

  get summary(): ScanSummary {
    const versions = [...this.#versions.values()]
      .sort((a, b) => b.phones - a.phones)
      .slice(0, maxVersions)
      .map((version) => ({ ...version }));
    return { addresses: this.#addresses, ...this.#counts, versions };
  }
}

/** "14 phones are behind, 3 failed their last load, 9 did not answer": what matters first. */
export function summaryText(summary: ScanSummary): string {
  const { asked, addresses, phones, behind, ahead, unknown, current } = summary;
  const parts = [
    some(behind, 'phone is behind', 'phones are behind'),
    some(summary.failedLoads, 'failed its last load', 'failed their last load'),
    some(summary.failedScripts, 'did not get its script', 'did not get their scripts'),
    some(ahead, 'runs something newer', 'run something newer'),
    some(unknown, 'cannot be compared', 'cannot be compared'),
    some(summary.others, 'is no telephone', 'are no telephones'),
    some(summary.silent, 'did not answer', 'did not answer'),
    some(addresses - asked, 'was not asked', 'were not asked'),
  ].filter((part) => part !== undefined);
  if (phones > 0 && behind + ahead + unknown === 0) {
    const all = phones === 1 ? 'the one phone that answered' : `all ${phones} phones that answered`;
    parts.unshift(`${all} ${phones === 1 ? 'runs' : 'run'} what this server offers`);
  } else if (current > 0) {
    parts.push(`${current} ${current === 1 ? 'runs' : 'run'} what this server offers`);
  }
  return parts.length === 0 ? 'nothing was asked' : parts.join(', ');
}

const some = (count: number, one: string, many: string): string | undefined =>
  count === 0 ? undefined : `${count} ${count === 1 ? one : many}`;
