/** What a script may ask a telephone about itself, without the dollar sign: GROUP, MACADDR, MODEL, MODEL4 … */
export type PhoneVariables = Readonly<Record<string, string>>;

/** What one script did to a telephone. */
export interface ScriptRun {
  /** In the order of the script; a later value wins. */
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Each GET that was reached, with its macros filled in, and what follows when there is no such file. */
  readonly get: { readonly file: string; readonly rest: () => ScriptRun } | undefined;
}

const mostLines = 100_000;

/**
 * Run an upgrade or settings file as a phone of the 46xx line does: SET, IF … SEQ … GOTO, GOTO, # tags, up to the first GET.
 * Written apart from the server's own reading of such files: each is the other's check.
 */
export function runScript(text: string, variables: PhoneVariables): ScriptRun {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return runFrom(lines, 0, variables);
}

function runFrom(lines: readonly string[], start: number, variables: PhoneVariables): ScriptRun {
  const set: [string, string][] = [];
  let steps = 0;
  for (let at = start; at < lines.length; at += 1) {
    steps += 1;
    if (steps > mostLines) throw new Error('a script that does not end');
    const line = lines[at] ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    switch (word.toUpperCase()) {
      case 'SET': {
        const [, name = '', value = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
        set.push([name, value.replace(/^"(.*)"$/, '$1')]);
        break;
      }
      case 'IF': {
        const [, name = '', value, tag = ''] =
          /^\$(\S+)\s+SEQ\s+(\S+)\s+GOTO\s+(\S+)$/i.exec(rest) ?? [];
        if (variables[name] !== undefined && variables[name] === value) at = tagLine(lines, tag);
        break;
      }
      case 'GOTO':
        at = tagLine(lines, rest);
        break;
      case 'GET': {
        const file = rest.replaceAll(
          /\$([A-Z0-9]+)/g,
          (all, name: string) => variables[name] ?? all,
        );
        return { set, get: { file, rest: () => runFrom(lines, at + 1, variables) } };
      }
      default:
    }
  }
  return { set, get: undefined };
}

function tagLine(lines: readonly string[], tag: string): number {
  const at = lines.findIndex((line) => /^#\s*(\S+)$/.exec(line)?.[1] === tag);
  return at < 0 ? lines.length : at;
}
