/** How the firmware that a telephone runs stands to another one; `other`: two names that cannot be put in an order. */
export type FirmwareOrder = 'same' | 'older' | 'newer' | 'other';

/**
 * Compare what a telephone runs with what it is offered. Either may be a file (`firmware/FW_S_J179_R4_1_3_0_6.bin`,
 * `S9608_11HALBR6_8_5_02_V4r83.tar`, `a10d01b2_9_1.bin`) or a bare version (`4.1.3.0.6`, `6.8502`).
 */
export function compareFirmware(running: string, offered: string): FirmwareOrder {
  const [ours, theirs] = [bare(running), bare(offered)];
  if (ours === theirs) return 'same';
  const [mine, wanted] = [versionIn(ours), versionIn(theirs)];
  if (mine === undefined || wanted === undefined) return 'other';
  const order = compareParts(mine.parts, wanted.parts);
  if (order !== 0) return order < 0 ? 'older' : 'newer';
  // The same version under two names is another build; a bare version says nothing of the build.
  return mine.isAll || wanted.isAll ? 'same' : 'other';
}

/** Without its folder and ending, in small letters. */
const bare = (name: string): string =>
  name
    .slice(name.search(/[^\\/]*$/))
    .replace(/\.(?:bin|tar|ebin|zip|sig)$/i, '')
    .toLowerCase();

interface Version {
  readonly parts: readonly string[];
  /** The name is nothing but its version. */
  readonly isAll: boolean;
}

/** Groups of digits behind an R come first: file names also hold models and hardware. */
const forms = [/r(\d+(?:[._]\d+)+)/, /(?<![\d._])(\d+(?:[._]\d+)+)/];

function versionIn(name: string): Version | undefined {
  for (const form of forms) {
    const found = form.exec(name)?.[1];
    if (found === undefined) continue;
    return { parts: found.split(/[._]/), isAll: /^(?:h323-|sip-)?r?[\d._]+$/.test(name) };
  }
  return undefined;
}

/** Below zero when `a` is older. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  const [major = '', ...rest] = a;
  const [otherMajor = '', ...otherRest] = b;
  if (Number(major) !== Number(otherMajor)) return Number(major) - Number(otherMajor);
  // H.323 telephones write 6.8502 for 6_8_5_02.
  if (isPacked(rest) !== isPacked(otherRest)) {
    const [packed, other] = [rest.join(''), otherRest.join('')];
    return packed === other ? 0 : packed < other ? -1 : 1;
  }
  for (let index = 0; index < Math.max(rest.length, otherRest.length); index += 1) {
    const difference = Number(rest[index] ?? 0) - Number(otherRest[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const isPacked = (rest: readonly string[]): boolean =>
  rest.length === 1 && (rest[0] ?? '').length >= 3;
