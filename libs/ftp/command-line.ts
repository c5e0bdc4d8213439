import { isUtf8 } from 'node:buffer';

/** One command of RFC 959 and its extensions, as it came. */
export interface Command {
  /** Upper case; the X forms of RFC 775 are the plain ones. */
  readonly verb: string;
  /** Everything after the first space; empty without one. */
  readonly argument: string;
}

const form = /^([A-Za-z]{3,4})(?: ([^\u0000-\u0008\u000a-\u001f\u007f]*))?$/;

/** RFC 775, still spoken by old clients. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['XCWD', 'CWD'],
  ['XCUP', 'CDUP'],
  ['XPWD', 'PWD'],
  ['XMKD', 'MKD'],
  ['XRMD', 'RMD'],
]);

/** A line without its end as a command, or undefined when it is none. Names that are no UTF-8 are read as Latin-1. */
export function parseCommand(line: Buffer): Command | undefined {
  const plain = withoutTelnet(line);
  const text = plain.toString(isUtf8(plain) ? 'utf8' : 'latin1');
  const [, word, argument = ''] = form.exec(text) ?? [];
  if (word === undefined) return undefined;
  const verb = word.toUpperCase();
  return { verb: aliases.get(verb) ?? verb, argument };
}

const iac = 0xff;

/** Clients send Telnet's interrupt and synch before ABOR (RFC 959 § 4.1.3, RFC 854). */
function withoutTelnet(line: Buffer): Buffer {
  if (!line.includes(iac)) return line;
  const kept: number[] = [];
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at] ?? 0;
    if (byte !== iac) kept.push(byte);
    else {
      const next = line[at + 1] ?? 0;
      // WILL, WONT, DO and DONT have an option behind them; an ordinary byte was never part of a command.
      if (next >= 0xfb && next < iac) at += 2;
      else if (next >= 0xf0) at += 1;
    }
  }
  return Buffer.from(kept);
}
