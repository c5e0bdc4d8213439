import { parseMac } from './mac-address.ts';

/** What a telephone says of itself, unasked. Only claims: anybody can write them. */
export interface PhoneClaim {
  readonly maker?: string | undefined;
  readonly model?: string | undefined;
  readonly firmware?: string | undefined;
  /** Twelve hexadecimal digits in lower case. */
  readonly mac?: string | undefined;
}

/** Each with the groups `model` and `firmware`, as far as the maker tells them. */
const makers: readonly (readonly [string, RegExp])[] = [
  ['Avaya', /\bAVAYA\/(?<model>[A-Z]\d{3})-(?<firmware>[\d.]+)/i],
  ['Avaya', /\bAVAYA\/(?<model>SIP12\w\d)\W*\/(?<firmware>[\d.]+)/i],
  ['Avaya', /\bAVAYA\/(?<model>\w{4})-(?:IPT-)?(?<firmware>(?:SIP-|H323-)?R?\d[\w.]*)/i],
  ['Avaya', /\bAvaya(?:IPPhone)?[ /](?<model>\w{4,8})(?:[ /-](?<firmware>[\w.]+))?/i],
  ['Poly', /\bPoly\w*-(?<model>\w+)-UA\/(?<firmware>[\w.]+)/i],
  ['Yealink', /\bYealink (?<model>[\w-]+) (?<firmware>[\d.]+)/i],
  ['Cisco', /\bCisco(?:-CP-|\/)(?<model>SPA\w+|[\w]+(?:-3PCC)?)[-/](?<firmware>[\w.-]+)/i],
  ['Grandstream', /\bGrandstream Model HW (?<model>\S+) SW (?<firmware>[\d.]+)/i],
  ['Grandstream', /\bGrandstream (?<model>\w+)(?: \S*)? (?<firmware>[\d.]+)/i],
  ['Snom', /\b(?<model>snom\w+)-SIP (?<firmware>[\d.]+)/i],
  ['Fanvil', /\bFanvil (?<model>[\w-]+) (?<firmware>[\d.]+)/i],
  ['Htek', /\bHtek (?<model>[\w-]+) (?<firmware>[\d.]+)/i],
  ['innovaphone', /\binnovaphone-(?<model>\w+)(?:\/(?<firmware>\S+))?/i],
  ['Flyingvoice', /\bFlyingvoice (?<model>[\w-]+) (?<firmware>\S+)/i],
];

const macsInside = /(?<![0-9a-f])(?:[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![0-9a-f])/gi;
const maxAgent = 400;
const maxFact = 64;

/** What a User-Agent says. Bytes that are no text, which some telephones send, are left out. */
export function readUserAgent(agent: string): PhoneClaim {
  const text = agent.slice(0, maxAgent).replace(/[^\x20-\x7e]/g, '');
  const mac = firstMac(text);
  for (const [maker, form] of makers) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const { model, firmware } = groups;
    return { maker, model: cut(model), firmware: cut(firmware), mac };
  }
  return { mac };
}

/** Forms of names that hold a MAC address, by their makers. */
const names: readonly (readonly [string | undefined, RegExp])[] = [
  ['Cisco', /^(?:CTL|ITL)?SEP([0-9A-F]{12})(?:\.cnf\.xml|\.tlv|\.cfg)?$/i],
  ['Avaya', /^SIP([0-9A-F]{12})\.cfg$/i],
  ['Grandstream', /^cfg([0-9a-f]{12})(?:\.xml)?$/i],
  ['Flyingvoice', /^fv([0-9a-f]{12})\.conf$/i],
  ['Snom', /^snom\w*-([0-9A-F]{12})\.(?:html?|xml)$/i],
  ['Yealink', /^([0-9a-f]{12})\.boot$/i],
  ['Poly', /^([0-9a-f]{12})-(?:license|directory|phone|web|app|boot)\.(?:cfg|xml|log)$/i],
  [undefined, /^([0-9a-f]{12})(?:-local)?\.(?:cfg|txt|xml|htm|conf)$/i],
];

/** What the name of a file says about the telephone that asks for it. */
export function readPhoneFile(name: string): PhoneClaim {
  const last = name.slice(name.search(/[^\\/]*$/));
  for (const [maker, form] of names) {
    const mac = parseMac(form.exec(last)?.[1] ?? '');
    if (mac !== undefined) return { maker, mac };
  }
  return {};
}

const firstMac = (text: string): string | undefined =>
  [...text.matchAll(macsInside)].map(([found]) => parseMac(found)).find((mac) => mac !== undefined);

const cut = (fact: string | undefined): string | undefined => fact?.slice(0, maxFact);
