/** One version of a backup that a newer one replaced, or that was removed, or that is still the current one. */
export interface BackupVersion {
  /** Unique among the versions of its name: when it was saved, as `20261126T162401123Z`. */
  readonly version: string;
  /** Bytes. */
  readonly size: number;
  /** When it was saved, in Unix milliseconds. */
  readonly created: number;
}

const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.(\d{1,15})$/;

/** Its name in the folder of the name's versions. */
export const fileOf = ({ version, size }: BackupVersion): string => `${version}.${size}`;

/** The version that was saved at `created`, in whole Unix milliseconds. */
export function versionAt(created: number, size: number): BackupVersion {
  const version = new Date(created).toISOString().replaceAll(/[-:.]/g, '');
  return { version, size, created };
}

/** What a file in the folder of versions holds, or undefined when it is none of ours. */
export function versionIn(file: string): BackupVersion | undefined {
  const [, year, month, day, hour, minute, second, ms, size] = form.exec(file) ?? [];
  if (size === undefined) return undefined;
  const created = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  if (Number.isNaN(created)) return undefined;
  return { version: file.slice(0, file.indexOf('.')), size: Number(size), created };
}
