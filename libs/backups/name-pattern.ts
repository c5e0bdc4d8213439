/** What a name says by a pattern that it fits. */
export interface FittingName {
  /** Where the pattern has `<ext>`. */
  readonly extension?: string | undefined;
}

/** Digits of an extension and of a MAC address, as telephones write them into names. */
const placeholders: ReadonlyMap<string, string> = new Map([
  ['<ext>', String.raw`(?<ext>\d{1,32})`],
  ['<mac>', '[0-9a-f]{12}'],
  ['*', String.raw`[^/\\]{0,200}`],
  ['?', String.raw`[^/\\]`],
]);

/**
 * Names with `<ext>`, `<mac>`, `*` and `?` in them, whatever the case of letters; a folder in front counts.
 * `<ext>_96xxdata.txt` fits `2001_96xxdata.txt`, `poly/<mac>-app.log` fits `poly/0004f2abcdef-app.log`.
 */
export class NamePatterns {
  readonly #patterns: readonly RegExp[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((pattern) => {
      const parts = pattern.split(/(<ext>|<mac>|[*?])/i);
      const source = parts.map((part) => placeholders.get(part.toLowerCase()) ?? escape(part));
      return new RegExp(`^${source.join('')}$`, 'i');
    });
  }

  get count(): number {
    return this.#patterns.length;
  }

  /** What `name` says, or undefined when it fits none. */
  fit(name: string): FittingName | undefined {
    for (const pattern of this.#patterns) {
      const match = pattern.exec(name);
      if (match !== null) return { extension: match.groups?.['ext'] };
    }
    return undefined;
  }
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
