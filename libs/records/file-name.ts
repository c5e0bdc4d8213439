import { randomBytes } from 'node:crypto';

/** What a name pattern may hold. */
export interface NameParts {
  readonly kind: string;
  /** Address that the records come from. */
  readonly from: string;
  /** Unix milliseconds of the first record; the name says it in local time. */
  readonly at: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

/**
 * A name by a pattern with `<kind>`, `<from>`, `<date>`, `<time>` and `<id>`. The random id keeps names apart for ever:
 * a clock that is set back, or the second 02:30 of an autumn night, would else bring a name twice.
 */
export function fileName(pattern: string, { kind, from, at }: NameParts): string {
  const time = new Date(at);
  const parts: Readonly<Record<string, string>> = {
    kind,
    from: from.replaceAll(/[^0-9A-Za-z.]/g, '_'),
    date: `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`,
    time: `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`,
    id: randomBytes(4).toString('hex'),
  };
  return pattern.replaceAll(/<(\w+)>/g, (whole, part: string) => parts[part] ?? whole);
}

/** True when both moments are of one day of this machine. */
export const isSameDay = (one: number, other: number): boolean =>
  new Date(one).toDateString() === new Date(other).toDateString();
