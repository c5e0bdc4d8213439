import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseIni } from '#libs/settings';

interface Row {
  readonly section: string;
  readonly keys: readonly string[];
  readonly outcome: string;
}

const page = readFileSync('docs/compatibility.md', 'utf8');
const [, iptel = ''] = /^## MV_IPTel\.ini$(.*?)^## /ms.exec(page) ?? [];
const rows: Row[] = iptel.split(/^### /m).flatMap((part) => {
  const [, section = ''] = /^`\[(\w+)\]`/.exec(part) ?? [];
  return [...part.matchAll(/^\|\s*(`[^|]*)\|\s*(\w+)/gm)].map(([, keys = '', outcome = '']) => ({
    section,
    keys: [...keys.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key),
    outcome,
  }));
});

/** The keys of a sample, and those that it has commented out. */
function keysOf(sample: string): string[] {
  const text = readFileSync(`test/fixtures/${sample}`, 'utf8');
  const outOfForce = /^#(?:\d+= )?(?=(?:Command|Params|ExtObject|TypeObject|Awk)=)/gm;
  const entries = parseIni(text.replace(outOfForce, '')).entries();
  return entries.map(({ section, key }) => `[${section}] ${key}`);
}

const guide = [...new Set([...keysOf('guide-linux.ini'), ...keysOf('guide-windows.ini')])];

it.each(guide)('%s has one row', (name) => {
  const matching = rows.filter(({ section, keys }) =>
    keys.some((key) => `[${section}] ${key}` === name),
  );
  expect(matching).toHaveLength(1);
});

it('has no row for a key that the Guide does not show', () => {
  const names = rows.flatMap(({ section, keys }) => keys.map((key) => `[${section}] ${key}`));
  expect(names.toSorted()).toEqual(guide.toSorted());
});

it('says honoured, changed or refused of each', () => {
  const outcomes = [...new Set(rows.map(({ outcome }) => outcome))];
  expect(outcomes.toSorted()).toEqual(['changed', 'honoured', 'refused']);
});

it('names tests that exist', () => {
  const named = [...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, file = '']) => file);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((file) => !existsSync(file))).toEqual([]);
});
