/** Two units at most: "45 s", "2 h 10 min", "3 days". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  const days = Math.floor(h / 24);
  const rest = h % 24;
  return `${plural(days, 'day')}${days < 3 && rest > 0 ? ` ${rest} h` : ''}`;
}

/** "every hour", "every 5 min". */
export function every(seconds: number): string {
  if (seconds === 60) return 'every minute';
  if (seconds === 3_600) return 'every hour';
  if (seconds === 86_400) return 'every day';
  return `every ${duration(seconds)}`;
}

const byteUnits = ['kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units with two or three significant digits: "0 B", "63.1 MB", "412 GB". */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  let value = count;
  let unit = '';
  for (const name of byteUnits) {
    if (value < 999.5 && unit !== '') break;
    value /= 1_000;
    unit = name;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** "1 branch", "12 branches", with thousands separated. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

const digits = new Intl.NumberFormat('en-GB');

export function number(count: number): string {
  return digits.format(count);
}

/** Names for a sentence: "a, b and c", "a, b, c and 9 more". */
export function names(all: readonly string[], shown = 10): string {
  const rest = all.length - shown;
  const parts = rest > 0 ? [...all.slice(0, shown), `${number(rest)} more`] : [...all];
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** Says times as people at the server's place do, relative to one moment. */
export class Times {
  readonly #now: number;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly zone: string;

  /** @param now ISO 8601, the status's own clock. @param zone IANA name; undefined = the server's. */
  constructor(now: string, zone?: string) {
    this.#now = Date.parse(now);
    const base = { timeZone: zone };
    this.#time = new Intl.DateTimeFormat('en-GB', {
      ...base,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    this.#day = new Intl.DateTimeFormat('en-GB', { ...base, day: 'numeric', month: 'short' });
    this.zone = this.#time.resolvedOptions().timeZone;
  }

  /** "14:02" today, else "19 Nov, 14:02". */
  at(iso: string): string {
    const moment = Date.parse(iso);
    const day = this.#day.format(moment);
    const time = this.#time.format(moment);
    return day === this.#day.format(this.#now) ? time : `${day}, ${time}`;
  }

  /** Seconds from then until now; negative: in the future. */
  ageS(iso: string): number {
    return (this.#now - Date.parse(iso)) / 1_000;
  }

  /** "2 h 10 min ago", "in 14 min", "now". */
  relative(iso: string): string {
    const age = this.ageS(iso);
    if (Math.abs(age) < 5) return 'now';
    return age > 0 ? `${duration(age)} ago` : `in ${duration(-age)}`;
  }
}
