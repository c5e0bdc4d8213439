import { isIPv4 } from 'node:net';
import { parseObjectIdentifier } from '#libs/phones';
import { isHostName } from './host-port.ts';
import { parseSnmpParams } from './snmp-params.ts';

/** How a value is written in a settings file. */
export interface Form {
  /** Completes "needs …". */
  readonly expects: string;
  /** The value, or undefined when `text` is not in this form. */
  readonly read: (text: string) => unknown;
  /** Why `text` is not in this form, where the form alone does not tell. Never holds a secret. */
  readonly why?: (text: string) => string | undefined;
  /** All texts that are in this form, where there are few. */
  readonly choices?: readonly string[];
}

const yes = ['1', 'yes', 'true', 'on'];
const no = ['0', 'no', 'false', 'off'];

/** The Guide writes 1 and 0; the words are taken too. */
export const flagForm: Form = {
  expects: '1 or 0',
  read: (text) => {
    const word = text.trim().toLowerCase();
    if (yes.includes(word)) return true;
    return no.includes(word) ? false : undefined;
  },
};

export const wholeForm = (from: number, to: number): Form => ({
  expects: `a whole number from ${from} to ${to}`,
  read: (text) => within(from, to, /^\d{1,15}$/, text),
});

export const decimalForm = (from: number, to: number): Form => ({
  expects: `a number from ${from} to ${to}, such as 0.5`,
  read: (text) => within(from, to, /^\d{1,9}(\.\d{1,6})?$/, text),
});

const maxItems = 64;

/** Items with commas between them; spaces around an item do not count. */
export const listForm = (item: Form, expects: string): Form => ({
  expects,
  read: (text) => {
    const items = text.split(',').map((part) => item.read(part.trim()));
    return items.length > maxItems || items.includes(undefined) ? undefined : items;
  },
});

const patternForm =
  /^(?:(?:<ext>|<mac>|[^<>/\\:"|\p{Cc}])+\/){0,8}(?:<ext>|<mac>|[^<>/\\:"|\p{Cc}])+$/iu;

/** Names with placeholders, none of them climbing; nothing at all is a list as well. `needs` must stand in each. */
export const namePatternsForm = (needs = ''): Form => {
  const item = textForm('a name', patternForm);
  const list = listForm(item, '');
  const holds = needs === '' ? '' : `, each with ${needs} in it`;
  return {
    expects: `up to ${maxItems} names with commas between them${holds}; <ext>, <mac>, * and ? stand for characters`,
    read: (text) => {
      if (text.trim() === '') return needs === '' ? [] : undefined;
      const names = list.read(text);
      if (!Array.isArray(names)) return undefined;
      const fit = names.every((name) => {
        const parts = String(name).split('/');
        return String(name).includes(needs) && !parts.includes('..') && !parts.includes('.');
      });
      return fit ? names : undefined;
    },
  };
};

/** Text that `allowed` matches, without the spaces around it. */
export const textForm = (expects: string, allowed: RegExp): Form => ({
  expects,
  read: (text) => (allowed.test(text.trim()) ? text.trim() : undefined),
});

export const hostForm: Form = {
  expects: 'a host name or an IP address',
  read: (text) => (isHostName(text.trim()) ? text.trim() : undefined),
};

export const ipv4Form: Form = {
  expects: 'an IPv4 address',
  read: (text) => (isIPv4(text.trim()) ? text.trim() : undefined),
};

/** Text to the letter: spaces at the start and the end belong to it. */
export const verbatimForm = (expects: string): Form => ({ expects, read: (text) => text });

export const choiceForm = (choices: Readonly<Record<string, unknown>>, expects: string): Form => ({
  expects,
  read: (text) => (Object.hasOwn(choices, text.trim()) ? choices[text.trim()] : undefined),
  choices: Object.keys(choices),
});

/** UDP ports that answers come from. */
export const dataPortsForm: Form = {
  expects: 'any, request, or a range of ports such as 20000-20100',
  read: (text) => {
    const words = { any: 'any', request: 'request port' } as const;
    const word = text.trim().toLowerCase();
    if (word === 'any' || word === 'request') return words[word];
    const [, first, last] = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(word) ?? [];
    const [from, to] = [Number(first ?? 0), Number(last ?? 0)];
    return from >= 1 && to >= from && to <= 65_535 ? { from, to } : undefined;
  },
};

const maxPassivePorts = 4096;

/** TCP ports that passive data connections come to. */
export const passivePortsForm: Form = {
  expects: `any, or a range of at most ${maxPassivePorts} ports such as 50000-50099`,
  read: (text) => {
    const ports = dataPortsForm.read(text);
    if (ports === 'any') return ports;
    const isRange = typeof ports === 'object' && ports !== null && 'from' in ports && 'to' in ports;
    return isRange && Number(ports.to) - Number(ports.from) < maxPassivePorts ? ports : undefined;
  },
};

/** An object that SNMP asks for, with or without the dot in front. */
export const objectForm: Form = {
  expects: 'an object identifier such as .1.3.6.1.4.1.6889.2.69.1.4.9.0',
  read: (text) => (parseObjectIdentifier(text.trim()) === undefined ? undefined : text.trim()),
};

/** Options of snmpget, to the letter: the Guide shows a space in front (p. 26). */
export const snmpParamsForm: Form = {
  expects: 'options of snmpget such as -v2c -cpublic',
  read: (text) => (typeof parseSnmpParams(text) === 'string' ? undefined : text),
  why: (text) => {
    const access = parseSnmpParams(text);
    return typeof access === 'string' ? access : undefined;
  },
};

function within(from: number, to: number, digits: RegExp, text: string): number | undefined {
  const value = digits.test(text.trim()) ? Number(text.trim()) : NaN;
  return value >= from && value <= to ? value : undefined;
}

/** A value as a settings file says it. */
export function writeValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Array.isArray(value)) return value.map(writeValue).join(',');
  if (typeof value === 'object' && value !== null && 'from' in value && 'to' in value) {
    return `${String(value.from)}-${String(value.to)}`;
  }
  return value === 'request port' ? 'request' : String(value);
}
