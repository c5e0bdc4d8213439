import type { PhoneIdentity } from '#libs/phones';

/** What a name means when a telephone asks for it. */
export type PhoneName =
  /** Its own backup, under the name that this server stores it by. */
  | { readonly kind: 'own'; readonly name: string }
  /** Somebody's backup, and not its own. */
  | { readonly kind: 'foreign' }
  /** No backup at all. */
  | { readonly kind: 'other' };

/** `[ext_]46NNdata[_sip].txt`; the earliest firmware leaves the extension out. */
const backup = /^(?:(\d{1,32})_)?(46\d\d)data(_sip)?\.txt$/i;

/** What looks like one person's: an extension in front, or a word of backups in it. Nobody reads such a file by guessing. */
const personal = /^\d+_|data(?:_sip)?\.|archive|backup|allow_ip/i;

/** These telephones share the data of the 4620, and name them so. */
const like4620 = new Set(['4621', '4622', '4625']);

/**
 * What `name` (the last part of a path) means for the telephone that answered as `identity`: its backup is stored by
 * extension and type, so that it follows the person who logs in elsewhere (Guide p. 16). Without an identity, when
 * nobody is asked, the name itself must carry the extension.
 */
export function phoneDataName(name: string, identity: PhoneIdentity | undefined): PhoneName {
  const [, extension, series = '', sip = ''] = backup.exec(name) ?? [];
  if (series === '') return { kind: personal.test(name) ? 'foreign' : 'other' };
  if (extension !== undefined && identity !== undefined && extension !== identity.extension)
    return { kind: 'foreign' };
  const owner = identity?.extension ?? extension;
  if (owner === undefined) return { kind: 'foreign' };
  const type = (identity === undefined ? undefined : seriesOf(identity.type)) ?? series;
  return { kind: 'own', name: `${owner}_${type}data${sip.toLowerCase()}.txt` };
}

/** The four digits of a type such as `4620D01A`, by which its backups are named. */
function seriesOf(type: string): string | undefined {
  const digits = /\d{4}/.exec(type)?.[0];
  return digits !== undefined && like4620.has(digits) ? '4620' : digits;
}
