export const authProtocols = ['MD5', 'SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'] as const;
export type AuthProtocol = (typeof authProtocols)[number];
/** DES is broken, and today's OpenSSL has it no more. */
export const privacyProtocols = ['AES', 'AES-256'] as const;
export type PrivacyProtocol = (typeof privacyProtocols)[number];

/** How telephones are asked: what `[SNMP] Params` says. Holds secrets. */
export type SnmpAccess = CommunityAccess | UserAccess;

/** Waiting as the options -t and -r give it; it goes before the settings. */
interface Waiting {
  readonly timeoutSeconds?: number | undefined;
  readonly retries?: number | undefined;
}

export interface CommunityAccess extends Waiting {
  readonly version: '1' | '2c';
  readonly community: string;
}

export interface UserAccess extends Waiting {
  readonly version: '3';
  readonly user: string;
  readonly context: string;
  readonly auth?: { readonly protocol: AuthProtocol; readonly passphrase: string } | undefined;
  /** Never without `auth`. */
  readonly privacy?:
    { readonly protocol: PrivacyProtocol; readonly passphrase: string } | undefined;
}

/** Every one has a value. The printing ones shape what snmpget prints: here they do nothing. */
const printing = 'OmMIL';
const known = `vcualAxXntr${printing}`;
const secretOptions = 'cAX';
/** RFC 3414, section 11.2. */
const minPassphrase = 8;

/** Thrown inside this file only; `message` never holds a secret. */
class NotUnderstood extends Error {}

/** The options of snmpget as a typed value, or a sentence without a secret that says what is wrong with them. */
export function parseSnmpParams(text: string): SnmpAccess | string {
  try {
    return accessOf(optionsOf(text));
  } catch (error) {
    if (error instanceof NotUnderstood) return error.message;
    throw error;
  }
}

/** The same options with every secret masked; `public` is none. */
export function maskSnmpParams(text: string): string {
  try {
    const shown = [...optionsOf(text)].map(([letter, value]) => {
      const secret = secretOptions.includes(letter) && value !== 'public';
      const plain = /[\s"']/.test(value) ? `"${value}"` : value;
      return `-${letter} ${secret ? '********' : plain}`;
    });
    return shown.join(' ');
  } catch {
    return '********';
  }
}

type Options = ReadonlyMap<string, string>;

function optionsOf(text: string): Options {
  const options = new Map<string, string>();
  const words = wordsOf(text);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const letter = /^-(\w)/.exec(word)?.[1];
    if (letter === undefined) {
      throw new NotUnderstood(
        'a word in it is no option; the address and the objects are added here',
      );
    }
    if (!known.includes(letter)) throw new NotUnderstood(`-${letter} is not taken here`);
    // Both ways of snmpget: -cpublic and -c public.
    const value = word.length > 2 ? word.slice(2) : words[(index += 1)];
    if (value === undefined) throw new NotUnderstood(`-${letter} needs a value behind it`);
    if (options.has(letter)) throw new NotUnderstood(`-${letter} stands in it twice`);
    options.set(letter, value);
  }
  return options;
}

/** Words as a shell takes them apart, with quotes of both kinds and nothing else. */
function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  const unquoted = words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
  const quotes = text.replace(/"[^"]*"|'[^']*'/g, '');
  if (/["']/.test(quotes)) throw new NotUnderstood('a quotation mark in it is never closed');
  return unquoted;
}

function accessOf(options: Options): SnmpAccess {
  const version = options.get('v');
  if (version === '3') return userAccess(options);
  if (version !== '1' && version !== '2c') {
    throw new NotUnderstood('it needs a version: -v1, -v2c or -v3');
  }
  refuseOthers(options, 'vctr', `with -v${version}`);
  const community = options.get('c') ?? '';
  if (!/^[\x20-\x7e]{1,255}$/.test(community)) {
    throw new NotUnderstood('-c needs a community of 1 to 255 ASCII characters');
  }
  return { version, community, ...waitingOf(options) };
}

function userAccess(options: Options): UserAccess {
  refuseOthers(options, 'vulaAxXntr', 'with -v3');
  const user = options.get('u') ?? '';
  if (!/^[\x20-\x7e]{1,32}$/.test(user)) {
    throw new NotUnderstood('-u needs a user name of 1 to 32 ASCII characters');
  }
  const level = options.get('l') ?? 'noAuthNoPriv';
  const common = { version: '3' as const, user, context: options.get('n') ?? '' };
  const waiting = waitingOf(options);
  switch (level) {
    case 'noAuthNoPriv':
      refuseOthers(options, 'vulntr', 'with -l noAuthNoPriv');
      return { ...common, ...waiting };
    case 'authNoPriv':
      refuseOthers(options, 'vulaAntr', 'with -l authNoPriv');
      return { ...common, auth: authOf(options), ...waiting };
    case 'authPriv':
      return { ...common, auth: authOf(options), privacy: privacyOf(options), ...waiting };
    default:
      throw new NotUnderstood('-l is one of noAuthNoPriv, authNoPriv and authPriv');
  }
}

function authOf(options: Options): NonNullable<UserAccess['auth']> {
  const protocol = protocolOf(options, 'a', authProtocols);
  return { protocol, passphrase: passphraseOf(options, 'A') };
}

function privacyOf(options: Options): NonNullable<UserAccess['privacy']> {
  const protocol = protocolOf(options, 'x', privacyProtocols);
  return { protocol, passphrase: passphraseOf(options, 'X') };
}

/** `sha256` and `SHA-256` are one name, and so are AES and AES-128. */
function protocolOf<T extends string>(options: Options, letter: string, names: readonly T[]): T {
  const plain = (name: string): string =>
    name.toUpperCase().replace(/-|(?<=^AES-?)128$|(?<=^SHA-?)1$/g, '');
  const given = plain(options.get(letter) ?? '');
  const found = names.find((name) => plain(name) === given);
  if (found === undefined) throw new NotUnderstood(`-${letter} is one of ${names.join(', ')}`);
  return found;
}

function passphraseOf(options: Options, letter: string): string {
  const passphrase = options.get(letter) ?? '';
  if (passphrase.length < minPassphrase || passphrase.length > 255) {
    throw new NotUnderstood(`-${letter} needs a pass phrase of ${minPassphrase} to 255 characters`);
  }
  return passphrase;
}

function waitingOf(options: Options): Waiting {
  const timeout = options.get('t');
  const retries = options.get('r');
  if (
    timeout !== undefined &&
    !(/^\d{1,3}(\.\d{1,3})?$/.test(timeout) && Number(timeout) >= 0.1 && Number(timeout) <= 30)
  ) {
    throw new NotUnderstood('-t needs seconds from 0.1 to 30');
  }
  if (retries !== undefined && !/^\d$/.test(retries)) {
    throw new NotUnderstood('-r needs a number from 0 to 9');
  }
  return {
    ...(timeout !== undefined && { timeoutSeconds: Number(timeout) }),
    ...(retries !== undefined && { retries: Number(retries) }),
  };
}

function refuseOthers(options: Options, allowed: string, where: string): void {
  for (const letter of options.keys()) {
    if (allowed.includes(letter) || printing.includes(letter)) continue;
    throw new NotUnderstood(`-${letter} has no meaning ${where}`);
  }
}
