import { parseMac } from './mac-address.ts';
import type { ScriptManners } from './phone-families.ts';
import { readScriptLine, type ScriptLine } from './script-line.ts';

/** A telephone that reads a script: what is known of it. */
export interface ScriptReader {
  /** Values of `$NAME`, without the dollar sign. What is not in here is not known. */
  readonly variables: ReadonlyMap<string, string>;
  readonly manners: ScriptManners;
}

/** One line that the telephone comes to. */
export interface ScriptStep {
  readonly line: number;
  readonly text: string;
  readonly kind: 'set' | 'goto' | 'if' | 'get' | 'unclear';
  /** Of a condition: whether it holds. */
  readonly holds?: boolean;
  /** What people should know about it. */
  readonly note?: string;
}

/** How the reading of a script ends. */
export type ScriptEnd =
  | { readonly kind: 'done' }
  /** It asks for a file; without that file it may go on with the line behind. */
  | { readonly kind: 'get'; readonly line: number; readonly file: string }
  /** There is no such tag: the rest is ignored. */
  | { readonly kind: 'lost'; readonly line: number; readonly tag: string }
  /** From here on it depends on something that is not known. */
  | { readonly kind: 'undecided'; readonly line: number; readonly why: string }
  | { readonly kind: 'endless'; readonly line: number };

export interface ScriptSetting {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export interface ScriptRun {
  readonly steps: readonly ScriptStep[];
  /** In the order of the lines; of a name that is set twice the last one counts. */
  readonly settings: readonly ScriptSetting[];
  readonly end: ScriptEnd;
}

/** Jumps in one script; more of them are a circle. */
const maxJumps = 1_000;

/** An upgrade or settings file of Avaya telephones, read as one of them reads it. */
export class Script {
  readonly #texts: readonly string[];
  readonly #lines: readonly ScriptLine[];

  constructor(text: string) {
    this.#texts = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
    this.#lines = this.#texts.map(readScriptLine);
  }

  /** Read on from behind line `after`; `known` are values that earlier scripts have set. */
  run(reader: ScriptReader, after = 0, known: ReadonlyMap<string, string> = new Map()): ScriptRun {
    const steps: ScriptStep[] = [];
    const settings: ScriptSetting[] = [];
    const values = new Map([...known, ...reader.variables]);
    const end = (how: ScriptEnd): ScriptRun => ({ steps, settings, end: how });
    let jumps = 0;
    for (let index = after; index < this.#lines.length; index += 1) {
      const said = this.#lines[index];
      const line = index + 1;
      const text = (this.#texts[index] ?? '').trim().slice(0, 200);
      if (said === undefined || said.kind === 'nothing' || said.kind === 'tag') continue;
      if (said.kind === 'unclear') {
        steps.push({ line, text, kind: 'unclear', note: said.why });
        continue;
      }
      if (said.kind === 'set') {
        const ignored = said.name === 'GROUP';
        steps.push({ line, text, kind: 'set', ...(ignored && { note: groupNote }) });
        if (ignored) continue;
        settings.push({ name: said.name, value: said.value, line });
        if (!reader.variables.has(said.name)) values.set(said.name, said.value);
        continue;
      }
      if (said.kind === 'get') {
        const file = expanded(said.file, values);
        steps.push({ line, text, kind: 'get' });
        return typeof file === 'string'
          ? end({ kind: 'get', line, file })
          : end({ kind: 'undecided', line, why: unknown(file.missing) });
      }
      if (said.kind === 'if') {
        const holds = compare(said.variable, said.value, values, reader.manners);
        if (typeof holds === 'string') {
          steps.push({ line, text, kind: 'if', note: holds });
          return end({ kind: 'undecided', line, why: holds });
        }
        steps.push({ line, text, kind: 'if', holds });
        if (!holds) continue;
      } else steps.push({ line, text, kind: 'goto' });
      jumps += 1;
      if (jumps > maxJumps) return end({ kind: 'endless', line });
      const target = this.#tag(said.tag, index);
      if (target === undefined) return end({ kind: 'lost', line, tag: said.tag });
      index = target;
    }
    return end({ kind: 'done' });
  }

  /** True when nothing that matters follows line `after`. */
  endsAt(after: number): boolean {
    return this.#lines.slice(after).every(({ kind }) => kind === 'nothing' || kind === 'tag');
  }

  /** The next one below, else the first one above. */
  #tag(tag: string, from: number): number | undefined {
    const is = (line: ScriptLine): boolean => line.kind === 'tag' && line.tag === tag;
    const below = this.#lines.findIndex((line, index) => index > from && is(line));
    const found = below === -1 ? this.#lines.findIndex(is) : below;
    return found === -1 ? undefined : found;
  }
}

const groupNote = 'telephones take no GROUP from a file';
const unknown = (variable: string): string => `$${variable} is not known`;

function compare(
  variable: string,
  wanted: string,
  values: ReadonlyMap<string, string>,
  { comparison }: ScriptManners,
): boolean | string {
  const value = values.get(variable);
  if (value === undefined) return unknown(variable);
  if (value === wanted) return true;
  if (variable === 'MACADDR') {
    const mac = parseMac(wanted);
    return mac !== undefined && mac === parseMac(value);
  }
  if (value.toLowerCase() !== wanted.toLowerCase()) return false;
  return comparison === undefined
    ? 'it is not known whether this telephone tells capitals from small letters'
    : comparison === 'any case';
}

/** A file's name with the values of its variables. */
function expanded(
  file: string,
  values: ReadonlyMap<string, string>,
): string | { readonly missing: string } {
  let missing: string | undefined;
  const name = file.replace(/\$([A-Z0-9_]+)/g, (_, variable: string) => {
    const value = values.get(variable);
    if (value === undefined) missing ??= variable;
    return variable === 'MACADDR' ? (parseMac(value ?? '') ?? '') : (value ?? '');
  });
  return missing === undefined ? name : { missing };
}
