import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import { isInternalName } from './partial-name.ts';
import { isWindows, type Paths } from './paths.ts';

/** Bytes of UTF-8. A file name may have 255 on every common disk; the rest is for our temporary names. */
const MAX_PART = 240;
const MAX_NAME = 1024;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** Names that Windows gives to devices, with any extension, and with spaces in front of it. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
/** What Windows calls a long name for programs of old, `BRANCH~1` for `.branchline`: it opens the same file. */
const SHORT = /^(?=[^.]{3,8}(?:\.|$))[^.]{1,6}~\d{1,6}(?:\.[^.]{0,3})?$/;
/** Not to be had on a disk of Windows, and no other name there. */
const FORBIDDEN = /[<>"|?*]/;
const DRIVE = /^\/*[a-z]:/i;

/**
 * The name of a file inside a tree in its one spelling: parts joined by `/`, none at the front, nothing that another
 * operating system would read differently (docs/adr/022-windows.md).
 * @throws BranchlineError PATH_OUTSIDE_TREE when it climbs, names a drive or what is ours; NAME_MALFORMED otherwise.
 */
export function safeName(name: string, paths: Paths = path): string {
  const forward = name.replaceAll('\\', '/');
  if (DRIVE.test(forward)) throw outside(name, 'it names a drive');
  const parts = forward.split('/').filter((part) => part !== '');
  if (parts.length === 0) throw malformed(name, 'it is empty');
  if (parts.includes('..')) throw outside(name, 'it climbs out with ".."');
  if (parts.some(isInternalName)) throw outside(name, 'that is internal');
  if (forward.endsWith('/')) throw malformed(name, 'it ends with a slash');
  const fault = parts.map((part) => faultOf(part, paths)).find((found) => found !== undefined);
  if (fault !== undefined) throw malformed(name, fault);
  const safe = parts.join('/');
  if (Buffer.byteLength(safe) > MAX_NAME) throw malformed(name, `it exceeds ${MAX_NAME} bytes`);
  return safe;
}

/** The absolute path of `name` in the tree at `root`. Purely lexical: symbolic links are `openInside`'s business. */
export function resolveInside(root: string, name: string, paths: Paths = path): string {
  return paths.join(root, safeName(name, paths));
}

/**
 * What is wrong with one part of a name, or undefined. What one system would take for another file is refused on all of them;
 * what Windows merely cannot store, only there.
 */
export function faultOf(part: string, paths: Paths = path): string | undefined {
  if (!part.isWellFormed()) return 'it is not Unicode';
  if (CONTROL.test(part)) return 'it has a control character';
  if (part.includes(':')) return 'it has a colon';
  if (/[. ]$/.test(part)) return 'a part of it ends with a dot or a space';
  if (DEVICE.test(part)) return 'it is the name of a Windows device';
  if (SHORT.test(part)) return 'Windows may take it for another file, by its short name';
  if (isWindows(paths) && FORBIDDEN.test(part)) return 'Windows stores none of < > " | ? *';
  if (Buffer.byteLength(part) > MAX_PART) return `a part of it exceeds ${MAX_PART} bytes`;
  return undefined;
}

/** As JSON, so that what is invisible shows, and cut short, as strangers choose its length. */
const quoted = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);

const outside = (name: string, why: string): BranchlineError =>
  new BranchlineError('PATH_OUTSIDE_TREE', `${quoted(name)} is refused: ${why}`);

const malformed = (name: string, why: string): BranchlineError =>
  new BranchlineError('NAME_MALFORMED', `${quoted(name)} is not a usable file name: ${why}`);
