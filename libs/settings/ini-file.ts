import { BranchlineError } from '#libs/errors';
import {
  isKeyName,
  isSectionName,
  parseLines,
  printLine,
  sameName,
  type IniLine,
} from './ini-line.ts';

export interface IniEntry {
  /** As written; empty above the first section. */
  readonly section: string;
  readonly key: string;
  /** Everything after `=`, leading and trailing spaces included. */
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** A line that says nothing: a torn comment, or something that is neither comment, section nor `Key=value`. */
export interface StrayLine {
  readonly kind: 'wrapped' | 'unreadable';
  readonly text: string;
  readonly line: number;
}

const byteOrderMark = '\uFEFF';

/**
 * An INI file that keeps comments, order, unknown keys, spacing and line ends: what is not changed is printed as it
 * was read. Of several lines with one key the first counts, as in Windows.
 */
export class IniFile {
  readonly #mark: string;
  #lines: IniLine[];

  constructor(text: string) {
    this.#mark = text.startsWith(byteOrderMark) ? byteOrderMark : '';
    this.#lines = parseLines(text.slice(this.#mark.length));
  }

  entries(): IniEntry[] {
    let section = '';
    return this.#lines.flatMap((line, index) => {
      if (line.kind === 'section') section = line.name;
      if (line.kind !== 'entry') return [];
      return [{ section, key: line.key, value: line.value, line: index + 1 }];
    });
  }

  sections(): { readonly name: string; readonly line: number }[] {
    return this.#lines.flatMap((line, index) =>
      line.kind === 'section' ? [{ name: line.name, line: index + 1 }] : [],
    );
  }

  strays(): StrayLine[] {
    return this.#lines.flatMap((line, index) =>
      line.kind === 'wrapped' || line.kind === 'unreadable'
        ? [{ kind: line.kind, text: line.text, line: index + 1 }]
        : [],
    );
  }

  lines(): readonly IniLine[] {
    return this.#lines;
  }

  get(section: string, key: string): string | undefined {
    return this.#find(section, key)?.value;
  }

  /**
   * Change the one line of this key, or add a line at the section's end, or add the section.
   * @throws BranchlineError SETTINGS_INVALID when a line of an INI file cannot hold this.
   */
  set(section: string, key: string, value: string): void {
    if (!isSectionName(section) || !isKeyName(key) || /[\r\n]/.test(value)) {
      const place = JSON.stringify(`[${section}] ${key}`);
      throw new BranchlineError(
        'SETTINGS_INVALID',
        `a line of a settings file cannot hold ${place} = ${JSON.stringify(value)}: leave line breaks, brackets and "=" out of names, and line breaks out of values`,
      );
    }
    const found = this.#find(section, key);
    if (found === undefined) this.#add(section, key, value);
    else {
      this.#lines = this.#lines.map((line, index) =>
        index === found.line - 1 && line.kind === 'entry' ? { ...line, value } : line,
      );
    }
  }

  /** Remove every line of this key; true when there was one. */
  remove(section: string, key: string): boolean {
    const lines = new Set(this.#all(section, key).map((entry) => entry.line));
    this.#lines = this.#lines.filter((_line, index) => !lines.has(index + 1));
    return lines.size > 0;
  }

  /** Put `# ` before a line, and so out of force; lines are counted from 1. */
  commentOut(line: number): void {
    this.#lines = this.#lines.map((old, index) =>
      index === line - 1
        ? { kind: 'comment', text: `# ${printLine({ ...old, end: '' })}`, end: old.end }
        : old,
    );
  }

  toString(): string {
    return this.#mark + this.#lines.map(printLine).join('');
  }

  #all(section: string, key: string): IniEntry[] {
    return this.entries().filter(
      (entry) => sameName(entry.section, section) && sameName(entry.key, key),
    );
  }

  #find(section: string, key: string): IniEntry | undefined {
    return this.#all(section, key)[0];
  }

  #add(section: string, key: string, value: string): void {
    const header = this.#lines.findLastIndex(
      (line) => line.kind === 'section' && sameName(line.name, section),
    );
    const end = this.#lines.find((line) => line.end !== '')?.end ?? '\n';
    const entry: IniLine = { kind: 'entry', key, lead: `${key}=`, value, end };
    if (header >= 0) {
      this.#insert(this.#endOfSection(header), [entry]);
      return;
    }
    const last = this.#lines.at(-1);
    const gap: IniLine[] =
      last === undefined || last.kind === 'blank' ? [] : [{ kind: 'blank', text: '', end }];
    const head: IniLine = { kind: 'section', name: section, text: `[${section}]`, end };
    this.#insert(this.#lines.length, [...gap, head, entry]);
  }

  /** After the last entry; in a section without one, after what is written in it. */
  #endOfSection(header: number): number {
    const next = this.#lines.findIndex((line, index) => index > header && line.kind === 'section');
    const body = this.#lines.slice(header, next < 0 ? undefined : next);
    const entry = body.findLastIndex((line) => line.kind === 'entry');
    return header + 1 + (entry >= 0 ? entry : body.findLastIndex((line) => line.kind !== 'blank'));
  }

  /** Keeps the file's habit of ending, or not ending, its last line. */
  #insert(at: number, added: readonly IniLine[]): void {
    const before = this.#lines.slice(0, at);
    const after = this.#lines.slice(at);
    const last = before.at(-1);
    if (last?.end === '') {
      const end = added[0]?.end ?? '\n';
      before[before.length - 1] = { ...last, end };
      added = added.map((line, index) =>
        index === added.length - 1 ? { ...line, end: '' } : line,
      );
    }
    this.#lines = [...before, ...added, ...after];
  }
}

/** Read the text of an INI file. Any text has lines: what is no INI is in `strays()`. */
export const parseIni = (text: string): IniFile => new IniFile(text);
