/** One element of a small XML file. */
export interface XmlElement {
  /** Names from the root down, with `/`. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

const token =
  /<!--[\s\S]*?-->|<\/([\w.-]+)\s*>|<([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|[^<]+/gy;

/**
 * The elements in their order: names, attributes in double quotes, text, comments. Entities, processing instructions and
 * what else XML has are errors here.
 */
export function elementsOf(xml: string): XmlElement[] {
  const found: XmlElement[] = [];
  const open: XmlElement[] = [];
  let end = 0;
  for (const match of xml.matchAll(token)) {
    const [whole, closed, opened, attributes = '', empty] = match;
    end = match.index + whole.length;
    const inside = open.at(-1);
    if (opened !== undefined) {
      if (inside === undefined && found.length > 0) throw new Error('a second root');
      const path = inside === undefined ? opened : `${inside.path}/${opened}`;
      const element = { path, attributes: attributesOf(attributes), text: '' };
      found.push(element);
      if (empty === '') open.push(element);
    } else if (closed !== undefined) {
      if (inside?.path.split('/').at(-1) !== closed) throw new Error(`</${closed}> closes nothing`);
      open.pop();
    } else if (!whole.startsWith('<!--')) {
      if (/&|]]>/.test(whole)) throw new Error(`not understood: ${whole}`);
      if (inside !== undefined) inside.text += whole.trim();
      else if (whole.trim() !== '') throw new Error(`text outside of the root: ${whole}`);
    }
  }
  if (end !== xml.length || open.length > 0)
    throw new Error(`no XML at ${xml.slice(end, end + 40)}`);
  return found;
}

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
