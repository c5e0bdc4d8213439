/** What one line of an upgrade or settings file says. Line numbers begin at 1 and are the caller's. */
export type ScriptLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'goto'; readonly tag: string }
  | {
      readonly kind: 'if';
      readonly variable: string;
      readonly value: string;
      readonly tag: string;
    }
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'get'; readonly file: string }
  /** No statement that is known: telephones may do anything with it. */
  | { readonly kind: 'unclear'; readonly why: string };

const nothing: ScriptLine = { kind: 'nothing' };
const unclear = (why: string): ScriptLine => ({ kind: 'unclear', why });

/** Read one line, without its end. A `#` in the first column is a comment, and with one blank and one word a tag. */
export function readScriptLine(line: string): ScriptLine {
  const tag = /^# (\S+)\s*$/.exec(line)?.[1];
  if (tag !== undefined) return { kind: 'tag', tag };
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return nothing;
  const [word = ''] = text.split(/\s/, 1);
  const rest = text.slice(word.length).trim();
  switch (word) {
    case 'SET':
      return setting(rest);
    case 'GET':
      return one(rest)
        ? { kind: 'get', file: bare(rest) }
        : unclear('GET wants the name of a file');
    case 'GOTO':
      return one(rest) ? { kind: 'goto', tag: rest } : unclear('GOTO wants one tag');
    case 'IF':
      return condition(rest);
  }
  return unclear(
    /^(?:set|get|goto|if)$/i.test(word)
      ? `${word} is not written in capitals`
      : 'it begins with no known word',
  );
}

const one = (rest: string): boolean => /^(?:"[^"]+"|[^\s"]+)$/.test(rest);
const bare = (rest: string): string => rest.replace(/^"(.*)"$/, '$1');

function setting(rest: string): ScriptLine {
  const [, name, quoted, plain] = /^([A-Za-z0-9_]+)\s+(?:"([^"]*)"|([^\s"]+))/.exec(rest) ?? [];
  const value = quoted ?? plain;
  return name === undefined || value === undefined
    ? unclear('SET wants a name and a value')
    : { kind: 'set', name, value };
}

function condition(rest: string): ScriptLine {
  const [, variable, quoted, plain, tag] =
    /^\$([A-Za-z0-9_]+)\s+SEQ\s+(?:"([^"]*)"|([^\s"]+))\s+GOTO\s+(\S+)$/.exec(rest) ?? [];
  const value = quoted ?? plain;
  return variable === undefined || value === undefined || tag === undefined
    ? unclear('IF wants $NAME SEQ VALUE GOTO TAG')
    : { kind: 'if', variable, value, tag };
}
