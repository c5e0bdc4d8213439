import { Check } from 'typebox/value';
import type { ScannedRow } from '#libs/journal';
import { addressNumber } from '#libs/phones';
import { loadFailed, scannedPhoneSchema, unknownAt, type ScannedPhone } from './scanned-phone.ts';

/** As it is written down: what is not known is left out. */
export function phoneRow(phone: ScannedPhone): ScannedRow {
  const known = Object.entries(phone).filter(([, value]) => value !== null);
  return {
    place: addressNumber(phone.address),
    kind: phone.outcome === 'phone' ? (phone.standing ?? 'unknown') : phone.outcome,
    failed: loadFailed(phone),
    phone: JSON.stringify(Object.fromEntries(known)),
    words: known.map(([, value]) => value).join(' '),
  };
}

/** Undefined for what a later version has written in another shape. */
export function phoneOfRow(json: string): ScannedPhone | undefined {
  const known: unknown = JSON.parse(json);
  const whole = typeof known === 'object' ? { ...unknownAt('', 'silent', null), ...known } : known;
  return Check(scannedPhoneSchema, whole) ? whole : undefined;
}
