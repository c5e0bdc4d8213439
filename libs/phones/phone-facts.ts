import { parseMac } from './mac-address.ts';
import { phoneFamilies, type ScriptManners } from './phone-families.ts';
import type { ScriptReader } from './script-run.ts';

/** What somebody says of a telephone; each may be left out. */
export interface PhoneFacts {
  /** In any usual spelling. */
  readonly mac?: string | undefined;
  /** As printed on it (`J179`, `9611G`), or as it calls itself (`9611D01A`). */
  readonly model?: string | undefined;
  /** 0–999, set on the telephone or by its call server. */
  readonly group?: number | undefined;
  /** Further variables of scripts, such as SIG or HWVERS. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** How a telephone names its model in full: type, hardware and colour. */
const fullModel = /^[A-Z0-9]{4}D\d\d[A-Z]$/i;

/**
 * The reader that this telephone is. `file` is what it asked for first: upgrade files tell the family.
 * Only what follows from the facts is known: of a `J179` the first four characters of its MODEL, not the whole.
 */
export function scriptReader(facts: PhoneFacts, file: string): ScriptReader {
  const { mac, model, group } = facts;
  const address = mac === undefined ? undefined : parseMac(mac);
  const variables = new Map<string, string>();
  if (address !== undefined) variables.set('MACADDR', address);
  if (group !== undefined) variables.set('GROUP', String(group));
  if (model !== undefined) variables.set('MODEL4', model.slice(0, 4).toUpperCase());
  if (model !== undefined && fullModel.test(model)) variables.set('MODEL', model.toUpperCase());
  for (const [name, value] of Object.entries(facts.variables ?? {})) variables.set(name, value);
  return { variables, manners: mannersOf(file, model) };
}

function mannersOf(file: string, model: string | undefined): ScriptManners {
  const name = file.slice(file.search(/[^\\/]*$/)).toLowerCase();
  const family =
    phoneFamilies.find(({ upgradeFiles }) => upgradeFiles.includes(name)) ??
    phoneFamilies.find(({ models }) => model !== undefined && models.test(model));
  return family?.script ?? { failedGet: undefined, comparison: undefined };
}

/** True for names of files that telephones read line by line. */
export const isScriptName = (name: string): boolean =>
  /(?:upgrade|settings|specials)[^\\/]*\.(?:scr|txt)$/i.test(name);
