import { asBranchlineError } from '#libs/errors';
import { objectsOf, systemObject, type PhoneObjects } from '#libs/phones';
import {
  extensionForm,
  isPresent,
  macOf,
  plainText,
  textOf,
  typeForm,
  type SnmpReader,
  type SnmpValue,
} from '#libs/snmp';
import { unknownAt, type ScannedPhone } from './scanned-phone.ts';

/** Where telephones of no known family keep who they are (Guide keys ExtObject and TypeObject). */
export interface SettingsObjects {
  readonly extension: string;
  readonly type: string;
  /** True when an operator chose them: they go before those of any family. */
  readonly chosen: boolean;
}

/** What an address said of itself, and by which objects; no objects = it is of no known family. */
export interface Asked {
  readonly phone: ScannedPhone;
  readonly objects: PhoneObjects | undefined;
}

const loads = ['ok', 'not stored', 'failed'] as const;
const scripts = ['ok', 'not interpreted', 'not obtained'] as const;

/**
 * Ask one address what it is and, of a telephone, what it runs: one question for the family, one for the rest.
 * @throws BranchlineError INTERRUPTED when the reader stops meanwhile.
 */
export async function askPhone(
  reader: SnmpReader,
  address: string,
  fallback: SettingsObjects,
): Promise<Asked> {
  const [system] = (await answerOf(reader, address, [systemObject])) ?? [];
  if (system === undefined)
    return { phone: unknownAt(address, 'silent', null), objects: undefined };
  const name = system.kind === 'object' ? system.oid : undefined;
  const family = name === undefined ? undefined : objectsOf(name);
  if (family === undefined) return await askStranger(reader, address, fallback, name);
  const { extension, type, chosen } = fallback;
  const objects = chosen ? { ...family, extension: [extension], type } : family;
  const wanted = wantedOf(objects);
  const values = await answerOf(reader, address, wanted);
  const start = { ...unknownAt(address, 'phone', null), family: objects.family };
  if (values === undefined) {
    return { phone: { ...start, note: 'it told its family and then fell silent' }, objects };
  }
  const of = (oid: string | undefined): SnmpValue | undefined =>
    oid === undefined ? undefined : values[wanted.indexOf(oid)];
  const strange: string[] = [];
  const checked = (what: string, oid: string | undefined, form?: RegExp): string | null => {
    const text = textOf(of(oid));
    if (text === '') return null;
    const good = form === undefined ? plainText(text) : form.test(text) ? text : undefined;
    if (good === undefined) strange.push(what);
    return good ?? null;
  };
  const phone: ScannedPhone = {
    ...start,
    model: checked('model', objects.type, typeForm),
    extension: firstOf(objects.extension.map((oid) => checked('extension', oid, extensionForm))),
    serial: checked('serial number', objects.serial),
    mac: macOf(of(objects.mac)) ?? null,
    group: checked('group', objects.group, /^\d{1,3}$/),
    firmware: checked('firmware', objects.firmware),
    load: statusOf(of(objects.load), loads),
    script: statusOf(of(objects.script), scripts),
  };
  const note =
    strange.length === 0 ? null : `it tells a strange ${[...new Set(strange)].join(', ')}`;
  return { phone: { ...phone, note }, objects };
}

/** It may still be a telephone by the objects of the settings; a printer or a switch has none of them. */
async function askStranger(
  reader: SnmpReader,
  address: string,
  fallback: SettingsObjects,
  system: string | undefined,
): Promise<Asked> {
  const values = await answerOf(reader, address, [fallback.extension, fallback.type]);
  const extension = textOf(values?.[0]);
  const model = textOf(values?.[1]);
  const note = system === undefined ? 'it does not say what it is' : `it calls itself ${system}`;
  const cut = note.slice(0, 500);
  if (!typeForm.test(model)) return { phone: unknownAt(address, 'other', cut), objects: undefined };
  const phone: ScannedPhone = {
    ...unknownAt(address, 'phone', cut),
    model,
    extension: extensionForm.test(extension) ? extension : null,
  };
  return { phone, objects: undefined };
}

/** Undefined when nothing came in time. */
async function answerOf(
  reader: SnmpReader,
  address: string,
  oids: readonly string[],
): Promise<readonly SnmpValue[] | undefined> {
  try {
    return await reader.get(address, oids);
  } catch (error) {
    if (asBranchlineError(error).code === 'PHONE_SILENT') return undefined;
    throw error;
  }
}

const wantedOf = (objects: PhoneObjects): readonly string[] => {
  const { extension, type, firmware, serial, mac, group, load, script } = objects;
  const all = [type, ...extension, firmware, serial, mac, group, load, script];
  return all.filter((oid) => oid !== undefined);
};

const firstOf = (texts: readonly (string | null)[]): string | null =>
  texts.find((text) => text !== null) ?? null;

function statusOf<T extends string>(value: SnmpValue | undefined, names: readonly T[]): T | null {
  if (value === undefined || !isPresent(value)) return null;
  const text = textOf(value);
  return /^\d$/.test(text) ? (names[Number(text)] ?? null) : null;
}
