/** Markup that is safe to send; only the `html` tag makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | undefined | null | false | readonly Part[];

/**
 * Build markup from a template; every value that is not already Html is escaped, for text and for quoted attributes.
 * undefined, null and false leave nothing; arrays are joined.
 */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    literals.reduce((text, literal, n) => `${text}${markup(parts[n - 1])}${literal}`),
  );
}

function markup(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === undefined || part === null || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(markup).join('');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Control characters are not allowed in HTML, and those that turn the writing direction make one name look like another. */
const invisible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return text
    .replace(invisible, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => entities[character] ?? character);
}
