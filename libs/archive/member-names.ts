import path from 'node:path';
import { faultOf, isInternalName, type Paths } from '#libs/files';
import type { ArchiveLimits } from './archive-limits.ts';
import { refusal } from './refusal.ts';

/** A member's name as we use it. */
export interface MemberName {
  /** With `/`, without one at the end. */
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * Judge the name of one member. Backslashes separate like slashes (old packers of Windows write them); all that is not
 * a plain relative name on every operating system is refused.
 * @throws BranchlineError ARCHIVE_NAME_UNSAFE or ARCHIVE_LIMIT.
 */
export function memberName(
  archive: string,
  raw: string,
  limits: ArchiveLimits,
  paths: Paths = path,
): MemberName {
  const unsafe = (why: string): never => {
    throw refusal('ARCHIVE_NAME_UNSAFE', archive, raw, why);
  };
  const forward = raw.replaceAll('\\', '/');
  if (forward === '') return unsafe('its name is empty');
  if (forward.startsWith('/')) return unsafe('its name is absolute');
  if (/^[a-z]:/i.test(forward)) return unsafe('its name begins with a drive');
  const isFolder = forward.endsWith('/');
  const name = isFolder ? forward.slice(0, -1) : forward;
  const bytes = Buffer.byteLength(name);
  if (bytes > limits.nameBytes) {
    throw refusal('ARCHIVE_LIMIT', archive, raw, `its name exceeds ${limits.nameBytes} bytes`);
  }
  const parts = name.split('/');
  if (parts.length > limits.depth) {
    throw refusal('ARCHIVE_LIMIT', archive, raw, `it lies deeper than ${limits.depth} folders`);
  }
  for (const part of parts) {
    if (part === '..') return unsafe('its name climbs out with ".."');
    if (part === '' || part === '.') return unsafe('its name has an empty part');
    if (isInternalName(part)) return unsafe('its name is kept for internal use');
    const fault = faultOf(part, paths);
    if (fault !== undefined) return unsafe(`its name is unusable, ${fault}`);
  }
  return { name, isFolder };
}

/**
 * No two members may meet on any disk: not by letter case, not by Unicode composition, not by a file where another
 * member needs a folder.
 * @throws BranchlineError ARCHIVE_NAME_CLASH.
 */
export function refuseClashes(archive: string, members: readonly MemberName[]): void {
  const seen = new Map<string, MemberName>();
  for (const member of members) {
    const key = foldedName(member.name);
    const other = seen.get(key);
    if (other !== undefined) {
      const why =
        other.name === member.name
          ? 'it occurs twice'
          : `it is the same file as ${JSON.stringify(other.name)} on other disks`;
      throw refusal('ARCHIVE_NAME_CLASH', archive, member.name, why);
    }
    seen.set(key, member);
  }
  for (const member of members) {
    const key = foldedName(member.name);
    for (let cut = key.lastIndexOf('/'); cut > 0; cut = key.lastIndexOf('/', cut - 1)) {
      const above = seen.get(key.slice(0, cut));
      if (above === undefined || above.isFolder) continue;
      throw refusal(
        'ARCHIVE_NAME_CLASH',
        archive,
        member.name,
        `${JSON.stringify(above.name)} is a file and would have to be its folder`,
      );
    }
  }
}

export const foldedName = (name: string): string =>
  name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
