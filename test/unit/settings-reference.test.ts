import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Check } from 'typebox/value';
import { describeSettings, jsonSchema, listValues, settingsSchema } from '#libs/settings';
import { settingsReference } from '../../apps/docs/settings-reference.ts';
import { settingsOf } from '../support/settings-file.ts';

it('docs/reference/settings.md is what `npm run docs` writes', () => {
  expect(readFileSync('docs/reference/settings.md', 'utf8')).toBe(settingsReference());
});

it('every setting says what it is, what it needs and what its default is', () => {
  for (const row of describeSettings()) {
    expect(row.description, row.key).toMatch(/^[A-Z].*\.$/);
    expect(row.expects, row.key).not.toBe('');
    expect(row.default, row.key).not.toBe('');
  }
});

it('no two settings have one place', () => {
  const places = describeSettings().flatMap(({ section, key, aliases }) =>
    [key, ...aliases].map((name) => `${section}/${name}`.toLowerCase()),
  );
  expect(places).toEqual([...new Set(places)]);
});

it('each default is one that the file may say', async () => {
  const shown = listValues(await settingsOf([]));
  const sections = Map.groupBy(shown, ({ section }) => section);
  const lines = [...sections].flatMap(([section, rows]) => [
    `[${section}]`,
    ...rows.map(({ key, written }) => `${key}=${written}`),
  ]);
  const again = await settingsOf(lines);
  expect(listValues(again).map(({ value }) => value)).toEqual(shown.map(({ value }) => value));
  expect(Check(settingsSchema, again.values)).toBe(true);
});

it('the JSON Schema has every key in its section, with default and meaning', async () => {
  const schema = jsonSchema();
  for (const { section, key, description } of describeSettings()) {
    const place = ['properties', section, 'properties', key];
    expect(schema).toHaveProperty([...place, 'description'], description);
    expect(schema).toHaveProperty([...place, 'default']);
  }
  const values: Record<string, Record<string, unknown>> = {};
  for (const { section, key, value } of listValues(await settingsOf([]))) {
    (values[section] ??= {})[key] = value;
  }
  expect(Check(schema, values)).toBe(true);
  expect(Check(schema, { HTTP: { HTTPPort: [65_536] } })).toBe(false);
});
