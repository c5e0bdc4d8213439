import type { PhoneIdentity, PhoneObjects } from '#libs/phones';
import { extensionForm, macOf, plainText, textOf, typeForm } from './phone-value.ts';
import type { SnmpValue } from './snmp-value.ts';

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
    firmware: plainText(textOf(valueOf(objects.firmware))),
    serial: plainText(textOf(valueOf(objects.serial))),
    mac: macOf(valueOf(objects.mac)),
  };
}
