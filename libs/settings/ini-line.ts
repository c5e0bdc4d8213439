/** One line of an INI file, with all that is needed to print it again as it was. */
export type IniLine =
  | { readonly kind: PlainKind; readonly text: string; readonly end: string }
  | {
      readonly kind: 'section';
      readonly name: string;
      readonly text: string;
      readonly end: string;
    }
  | {
      readonly kind: 'entry';
      readonly key: string;
      /** Everything up to the value. */
      readonly lead: string;
      readonly value: string;
      readonly end: string;
    };

/**
 * `wrapped`: the rest of a comment that lost its `#` when the file was copied from a page.
 * `unreadable`: neither a comment, a section nor `Key=value`.
 */
type PlainKind = 'blank' | 'comment' | 'wrapped' | 'unreadable';

const keyForm = /^[A-Za-z][\w .-]*$/;
const maxKeyLength = 64;

/** Letter case and spaces do not tell keys apart: the Guide's Windows sample has `FTP_ TimeOut` (p. 30). */
export const sameName = (one: string, other: string): boolean =>
  plainName(one) === plainName(other);

/** The form in which names of sections and keys are compared. */
export const plainName = (name: string): string => name.replace(/\s/g, '').toLowerCase();

export const isKeyName = (key: string): boolean => key.length <= maxKeyLength && keyForm.test(key);

/** Without control characters: names are shown on terminals. */
export const isSectionName = (name: string): boolean =>
  /^[^[\]\p{Cc}]+$/u.test(name) && name.trim() === name;

/** Read a text into lines; joining them with `printLine` gives the text again. */
export function parseLines(text: string): IniLine[] {
  const lines: IniLine[] = [];
  for (const [whole, content = '', end = ''] of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    if (whole === '') continue;
    lines.push(parseLine(content, end, lines.at(-1)?.kind));
  }
  return lines;
}

export function printLine(line: IniLine): string {
  return (line.kind === 'entry' ? line.lead + line.value : line.text) + line.end;
}

function parseLine(text: string, end: string, before: IniLine['kind'] | undefined): IniLine {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'blank', text, end };
  if (trimmed.startsWith('#') || trimmed.startsWith(';')) return { kind: 'comment', text, end };
  const name = /^\[([^[\]]*)\]\s*(?:[#;].*)?$/.exec(trimmed)?.[1]?.trim();
  if (name !== undefined && isSectionName(name)) return { kind: 'section', name, text, end };
  const entry = parseEntry(text, end);
  if (entry !== undefined) return entry;
  // A torn section header must never pass for a comment: what follows it would land in the section above.
  const wrapped = (before === 'comment' || before === 'wrapped') && !trimmed.startsWith('[');
  return { kind: wrapped ? 'wrapped' : 'unreadable', text, end };
}

function parseEntry(text: string, end: string): IniLine | undefined {
  const equals = text.indexOf('=');
  const key = text.slice(0, equals).trim();
  if (equals < 0 || !isKeyName(key)) return undefined;
  // In `Key = value` one space belongs to the style; in `Params= -v2c` it belongs to the value (Guide p. 26).
  const spaced = /\s=\s/.test(text.slice(equals - 1, equals + 2));
  const valueAt = equals + (spaced ? 2 : 1);
  return { kind: 'entry', key, lead: text.slice(0, valueAt), value: text.slice(valueAt), end };
}
