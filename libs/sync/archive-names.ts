/** The folder of FTPdata that holds its archives. */
export const archiveFolder = 'Archive';

/** Months lie below it in a folder each, `2026-11` (Guide p. 22, table 1: "stored by Month in gzip files in sub directories"). */
const monthFile = 'FTParchive.tar.gz';

const ours = new RegExp(
  `^${archiveFolder}/(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)_FTParchive\\.zip|\\d{4}-\\d{2}/FTParchive\\.tar\\.gz)$`,
);

/** True for an archive among the files of FTPdata, which is not archived again. `name` with `/`. */
export const isArchiveName = (name: string): boolean => ours.test(name);

/** Of the rolling week, which goes up from `Backup` and need not go up twice. */
export const isWeekArchiveName = (name: string): boolean =>
  isArchiveName(name) && name.endsWith('.zip');

/** Where in FTPdata the archive of a month lies; `month` as in `LocalDay`. */
export const monthArchive = (month: string): string => `${archiveFolder}/${month}/${monthFile}`;

/** A day by the clock on the wall. */
export interface LocalDay {
  /** `2026-11-26` */
  readonly date: string;
  /** `2026-11` */
  readonly month: string;
  /** Rolling seven days (Guide p. 39): `Thu_FTParchive.zip`. */
  readonly archive: string;
}

/** The day of a moment, Unix milliseconds. @param zone IANA name; undefined = the machine's. */
export function localDay(at: number, zone?: string): LocalDay {
  const words = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    words.find((word) => word.type === type)?.value ?? '';
  const month = `${part('year')}-${part('month')}`;
  return { date: `${month}-${part('day')}`, month, archive: `${part('weekday')}_FTParchive.zip` };
}
