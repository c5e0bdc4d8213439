import { BranchlineError } from '#libs/errors';
import { addressOf, rangeText, type AddressRange } from '#libs/phones';

/** The addresses of some ranges, each once, in order. */
export class ScanTargets {
  readonly ranges: readonly AddressRange[];
  readonly count: number;

  /** @throws BranchlineError SCAN_RANGE_INVALID for nothing at all, SCAN_TOO_LARGE for more than `max` addresses. */
  constructor(ranges: readonly AddressRange[], max: number) {
    this.ranges = joined(ranges);
    this.count = this.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (this.count === 0)
      throw new BranchlineError('SCAN_RANGE_INVALID', 'there is no address to scan: name a range');
    if (this.count <= max) return;
    throw new BranchlineError(
      'SCAN_TOO_LARGE',
      `${this.count} addresses are more than the ${max} that one scan may ask: scan a smaller range, or raise [SCAN] MaxCount`,
    );
  }

  /** For people, at most some of them. */
  get text(): string {
    const shown = this.ranges.slice(0, maxShown).map(rangeText);
    const more = this.ranges.length - shown.length;
    return [...shown, ...(more > 0 ? [`and ${more} more ranges`] : [])].join(', ');
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    for (const { first, last } of this.ranges) {
      for (let number = first; number <= last; number += 1) yield addressOf(number);
    }
  }
}

const maxShown = 20;

/** Ranges that overlap or touch become one: no address is asked twice. */
function joined(ranges: readonly AddressRange[]): AddressRange[] {
  const whole: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = whole.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else whole.push({ first, last });
  }
  return whole;
}
