import { avaya12xx } from './avaya-12xx.ts';
import { avaya16xx } from './avaya-16xx.ts';
import { avaya46xxByHttp, avaya46xxByTftp } from './avaya-46xx.ts';
import { avaya96x0 } from './avaya-96x0.ts';
import { avaya96x1H323, avaya96x1Sip } from './avaya-96x1.ts';
import { avayaJ100, avayaK100 } from './avaya-j100.ts';
import { cisco, ciscoCommunicator } from './cisco.ts';
import { flyingvoice } from './flyingvoice.ts';
import { grandstream } from './grandstream.ts';
import { innovaphone } from './innovaphone.ts';
import type { PhoneKind } from './phone-kind.ts';
import { poly } from './poly.ts';
import { snom } from './snom.ts';
import type { PhoneSelf } from './starting-phone.ts';
import { yealink } from './yealink.ts';

/** Every kind of telephone that a branch may have. */
export const phoneKinds: readonly PhoneKind[] = [
  avaya46xxByTftp,
  avaya46xxByHttp,
  avaya16xx,
  avaya96x0,
  avaya96x1H323,
  avaya96x1Sip,
  avayaJ100,
  avayaK100,
  avaya12xx,
  flyingvoice,
  poly,
  yealink,
  cisco,
  ciscoCommunicator,
  grandstream,
  snom,
  innovaphone,
];

/** One telephone on a desk. */
export interface Desk {
  readonly kind: PhoneKind;
  readonly self: PhoneSelf;
}

/** A branch of `count` telephones, each kind in turn, each with an address of its own in 127.1/16. */
export function branchOfPhones(
  count: number,
  kinds: readonly PhoneKind[] = phoneKinds,
): readonly Desk[] {
  return Array.from({ length: count }, (_, index) => {
    const [kind, round] = [kinds[index % kinds.length], Math.floor(index / kinds.length)];
    if (kind === undefined) throw new Error('a branch of no kind of telephone');
    const mac = `c81fea${index.toString(16).padStart(6, '0')}`;
    return {
      kind,
      self: {
        mac,
        model: kind.models[round % kind.models.length] ?? '',
        address: `127.1.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
        extension: String(20_000 + index),
        group: index % 10,
      },
    };
  });
}
