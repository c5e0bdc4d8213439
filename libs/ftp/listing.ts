/** A file or folder as a listing shows it. */
export interface Entry {
  readonly name: string;
  readonly folder: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
  readonly writable: boolean;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYearMs = 182 * 86_400_000;

const two = (number: number): string => String(number).padStart(2, '0');

/** A line of LIST, in the form of `ls -l` that every client reads. `now` in Unix milliseconds; times in UTC. */
export function listLine(entry: Entry, now: number): string {
  const { name, folder, size, modifiedMs, writable } = entry;
  const at = new Date(modifiedMs);
  const recent = modifiedMs > now - halfYearMs && modifiedMs < now + halfYearMs;
  const time = recent
    ? `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
    : String(at.getUTCFullYear()).padStart(5);
  const mode = folder
    ? writable
      ? 'drwxr-xr-x'
      : 'dr-xr-xr-x'
    : writable
      ? '-rw-r--r--'
      : '-r--r--r--';
  const day = String(at.getUTCDate()).padStart(2);
  const month = months[at.getUTCMonth()] ?? 'Jan';
  return `${mode} 1 ftp ftp ${String(size).padStart(12)} ${month} ${day} ${time} ${name}\r\n`;
}

/** `YYYYMMDDHHMMSS` in UTC (RFC 3659 § 2.3). */
export function timeValue(ms: number): string {
  const at = new Date(ms);
  const year = String(at.getUTCFullYear()).padStart(4, '0');
  const rest = [
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
  ];
  return year + rest.map(two).join('');
}

/** The facts of MLST and MLSD with the name behind them (RFC 3659 § 7). */
export function factsLine({ name, folder, size, modifiedMs, writable }: Entry): string {
  const kind = folder ? 'type=dir' : `type=file;size=${size}`;
  const permissions = folder ? (writable ? 'cdeflmp' : 'el') : writable ? 'adfrw' : 'r';
  return `${kind};modify=${timeValue(modifiedMs)};perm=${permissions}; ${name}`;
}
