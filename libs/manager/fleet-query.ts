import { Check } from 'typebox/value';
import { fleetQuerySchema, type FleetQuery, type FleetSort } from '#libs/pages';

/** Branches on one page. */
export const perPage = 50;

const numbers = new Set(['offset']);

/** What an address asks for; what cannot be understood is left out, one by one. */
export function fleetQuery(url: string): FleetQuery {
  const { searchParams } = new URL(url, 'http://manager');
  let query: FleetQuery = { limit: perPage };
  for (const [key, text] of searchParams) {
    if (text === '' || key === 'limit') continue;
    const value = numbers.has(key) && /^\d{1,7}$/.test(text) ? Number(text) : text;
    const wish: unknown = { ...query, [key]: value };
    if (key in fleetQuerySchema.properties && Check(fleetQuerySchema, wish)) query = wish;
  }
  return query;
}

/** The address of the fleet page for a query; a change of anything but the page begins at the first one. */
export function fleetAddress(
  query: FleetQuery,
  change: { readonly [Key in keyof FleetQuery]?: FleetQuery[Key] | undefined } = {},
): string {
  const wish = { ...query, offset: undefined, ...change };
  const parts = Object.entries(wish).flatMap(([key, value]): [string, string][] =>
    value === undefined || value === 0 || key === 'limit' ? [] : [[key, String(value)]],
  );
  const text = new URLSearchParams(parts).toString();
  return text === '' ? '/fleet' : `/fleet?${text}`;
}

/** The way that shows first what somebody is looking for. */
const worstIsLargest = new Set<FleetSort>(['behind', 'clock', 'phones']);

/** Sort by a column; by it already: the other way round. */
export function sortAddress(query: FleetQuery, sort: FleetSort): string {
  const first = worstIsLargest.has(sort) ? 'desc' : 'asc';
  const other = first === 'asc' ? 'desc' : 'asc';
  const { sort: now = 'attention', order = 'asc' } = query;
  return fleetAddress(query, { sort, order: now === sort && order === first ? other : first });
}
