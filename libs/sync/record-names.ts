/** Prefix of a file that Communication Manager still writes to (Survivable CDR). */
const open = /^C-/;
/** Survivable CDR: kind of server, system, cluster, date and time. The switch renames it only when it is closed. */
const closedBySwitch = /^[SLE]\d{6}-\d{4}-\d{6}-\d{2}_\d{2}$/;
/** Names that programs give to what is not finished. */
const temporary = /^[.~#]|\.(?:tmp|temp|part|partial|filepart|crdownload|swp|lock)$|~$/i;

const baseOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** False for a record file that somebody is still writing, as far as its name tells. */
export function mayBeClosed(name: string): boolean {
  const base = baseOf(name);
  return !open.test(base) && !temporary.test(base);
}

/** True when the name alone says that it is closed; any other file must stand still for two looks. */
export const isClosedByName = (name: string): boolean => closedBySwitch.test(baseOf(name));
