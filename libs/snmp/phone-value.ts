import { parseMac } from '#libs/phones';
import { isPresent, type SnmpValue } from './snmp-value.ts';

/** Forms of what telephones say of themselves; nothing else is believed. */
export const extensionForm = /^\d{1,32}$/;
export const typeForm = /^[A-Za-z0-9][A-Za-z0-9._+ -]{0,31}$/;
const plainForm = /^[\x21-\x7e]{1,64}$/;

/** A name or number without spaces, of at most 64 printable characters; undefined for anything else. */
export const plainText = (text: string): string | undefined =>
  plainForm.test(text) ? text : undefined;

/** A text without the spaces and zeros that agents fill up with; a number as its digits. */
export function textOf(value: SnmpValue | undefined): string {
  if (value === undefined || !isPresent(value)) return '';
  if (value.kind === 'integer') return String(value.value);
  return value.kind === 'string'
    ? value.bytes
        .toString('latin1')
        .replace(/[\0 ]+$/, '')
        .trimStart()
    : '';
}

/** Twelve hexadecimal digits out of six octets or a usual spelling. */
export function macOf(value: SnmpValue | undefined): string | undefined {
  if (value?.kind !== 'string') return undefined;
  return parseMac(value.bytes.length === 6 ? value.bytes.toString('hex') : textOf(value));
}
