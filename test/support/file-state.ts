import type { Status } from '#libs/pages';

/** Asks a status whether a file of Updates is in that state. */
export const fileIs =
  (name: string, state: NonNullable<Status['sync']>['files'][number]['state']) =>
  (status: Status): boolean =>
    status.sync?.files.some((file) => file.name === name && file.state === state) ?? false;
