/** What the server says: three digits and a text, in one string that is ready to be sent (RFC 959 § 4.2). */
export function reply(code: number, text: string): string {
  return `${code} ${oneLine(text)}\r\n`;
}

/** A reply of several lines: those between the first and the last are indented, so that none looks like an end. */
export function longReply(
  code: number,
  first: string,
  between: readonly string[],
  last: string,
): string {
  const inner = between.map((line) => ` ${oneLine(line)}\r\n`).join('');
  return `${code}-${oneLine(first)}\r\n${inner}${reply(code, last)}`;
}

const maxText = 500;

/** A stranger's words may be in it: no line end must become a second reply. */
const oneLine = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f]/g, '?').slice(0, maxText);
