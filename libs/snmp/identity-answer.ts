import { parseMac, type PhoneIdentity, type PhoneObjects } from '#libs/phones';
import { isPresent, type SnmpValue } from './snmp-value.ts';

/** Where a telephone keeps its extension and type. */
export type IdentityObjects = Pick<PhoneObjects, 'extension' | 'type'> & Partial<PhoneObjects>;

/** What a telephone proved of itself by answering at its own address. */
export interface ProvenPhone extends PhoneIdentity {
  readonly address: string;
  readonly family?: string | undefined;
  readonly firmware?: string | undefined;
  readonly serial?: string | undefined;
  /** Twelve hexadecimal digits in lower case. */
  readonly mac?: string | undefined;
}

/** Why an answer names nobody. */
export type NotIdentified = 'no extension' | 'no type' | 'strange extension' | 'strange type';

const extensionForm = /^\d{1,32}$/;
const typeForm = /^[A-Za-z0-9][A-Za-z0-9._+ -]{0,31}$/;
const plainForm = /^[\x21-\x7e]{1,64}$/;

/** The objects to ask for, each once. */
export const objectsToAsk = (objects: IdentityObjects): readonly string[] => [
  ...new Set([
    ...objects.extension,
    objects.type,
    ...[objects.firmware, objects.serial, objects.mac].filter((oid) => oid !== undefined),
  ]),
];

/** Who answered with these values to `objectsToAsk`; nothing of a telephone is believed that is not in its form. */
export function readIdentity(
  address: string,
  objects: IdentityObjects,
  values: readonly SnmpValue[],
): ProvenPhone | NotIdentified {
  const asked = objectsToAsk(objects);
  const valueOf = (oid: string | undefined): SnmpValue | undefined =>
    oid === undefined ? undefined : values[asked.indexOf(oid)];

  const extensions = objects.extension
    .map((oid) => textOf(valueOf(oid)))
    .filter((text) => text !== '');
  const extension = extensions.find((text) => extensionForm.test(text));
  if (extension === undefined)
    return extensions.length === 0 ? 'no extension' : 'strange extension';
  const type = textOf(valueOf(objects.type));
  if (!typeForm.test(type)) return type === '' ? 'no type' : 'strange type';
  return {
    address,
    extension,
    type,
    family: objects.family,
    firmware: plain(textOf(valueOf(objects.firmware))),
    serial: plain(textOf(valueOf(objects.serial))),
    mac: macOf(valueOf(objects.mac)),
  };
}

const plain = (text: string): string | undefined => (plainForm.test(text) ? text : undefined);

/** A text without the spaces and zeros that agents fill up with; a number as its digits. */
function textOf(value: SnmpValue | undefined): string {
  if (value === undefined || !isPresent(value)) return '';
  if (value.kind === 'integer') return String(value.value);
  return value.kind === 'string'
    ? value.bytes
        .toString('latin1')
        .replace(/[\0 ]+$/, '')
        .trimStart()
    : '';
}

function macOf(value: SnmpValue | undefined): string | undefined {
  if (value?.kind !== 'string') return undefined;
  return parseMac(value.bytes.length === 6 ? value.bytes.toString('hex') : textOf(value));
}
