import type { BranchlineError, ErrorCode } from '#libs/errors';
import { reply } from './reply.ts';

/** What clients are told: the kind of trouble and its code. The sentence, which may name folders, is for the log. */
const refusals: Partial<Record<ErrorCode, readonly [number, string]>> = {
  NOT_FOUND: [550, 'There is no such file or folder'],
  PATH_OUTSIDE_TREE: [550, 'This name is not allowed'],
  NAME_MALFORMED: [553, 'This name is not allowed'],
  WRITE_REFUSED: [553, 'This may not be changed here'],
  FILE_TOO_LARGE: [552, 'The file is too large'],
  FILE_CHANGED: [451, 'The file is being changed, try again'],
  DISK_FULL: [452, 'There is no space left'],
  WRITE_FAILED: [451, 'The file cannot be written'],
  LENGTH_MISMATCH: [554, 'The file is shorter than that'],
  TREE_TOO_LARGE: [451, 'The folder is too large'],
  BACKUPS_TOO_MANY: [552, 'There is no room for more'],
  ACCESS_DENIED: [550, 'You may not have this'],
  PHONE_UNVERIFIED: [550, 'You did not prove who you are'],
  PHONE_SILENT: [426, 'Cut for silence'],
  PHONE_STOPPED: [426, 'The transfer was broken off'],
  INTERRUPTED: [421, 'The server is stopping'],
  LOGIN_REFUSED: [530, 'Not logged in'],
  DATA_CONNECTION_FAILED: [425, 'There is no data connection'],
  DATA_ADDRESS_REFUSED: [504, 'Data goes to your own address only, and to a port above 1023'],
  COMMAND_MALFORMED: [501, 'This cannot be understood'],
};

export function refusalOf({ code, meaning }: BranchlineError): string {
  const [status, text] = refusals[code] ?? [meaning.status >= 500 ? 451 : 550, 'That did not work'];
  return reply(status, `${text} (${code}).`);
}
