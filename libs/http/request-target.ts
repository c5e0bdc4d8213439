import { BranchlineError } from '#libs/errors';

/**
 * The file name in a request target (RFC 9112 § 3.2, origin or absolute form): percent-decoded once, without its query.
 * Phones add queries such as `?ver=…` to names of plain files; `+` is a plus.
 * @throws BranchlineError NAME_MALFORMED.
 */
export function nameInTarget(target: string): string {
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  const rest = path === null ? target : target.slice(path[0].length);
  if (path === null && !rest.startsWith('/')) throw malformed(target, 'it does not begin with "/"');
  const end = rest.search(/[?#]/);
  const encoded = end === -1 ? rest : rest.slice(0, end);
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw malformed(target, 'its percent-encoding is wrong', cause);
  }
}

function malformed(target: string, why: string, cause?: unknown): BranchlineError {
  const shown = JSON.stringify(target.slice(0, 200));
  return new BranchlineError('NAME_MALFORMED', `request for ${shown} refused: ${why}`, { cause });
}
