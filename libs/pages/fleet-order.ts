import { branchWords } from './branch-words.ts';
import {
  fleetStates,
  type FleetAnswer,
  type FleetBranch,
  type FleetQuery,
  type FleetSort,
} from './fleet-schema.ts';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Smaller is nearer the top; null stands below, whichever way. */
const keys: Readonly<Record<Exclude<FleetSort, 'name'>, (branch: FleetBranch) => number | null>> = {
  // A release behind weighs less than any state.
  attention: ({ state, behind }) => branchWords[state].rank * 1e9 - Math.min(behind ?? 0, 1e8),
  state: ({ state }) => branchWords[state].rank,
  behind: ({ behind }) => behind,
  seen: ({ lastSeenAt }) => (lastSeenAt === null ? null : Date.parse(lastSeenAt)),
  version: () => null,
  certificate: ({ certificateDaysLeft }) => certificateDaysLeft,
  clock: ({ clockSkewS }) => (clockSkewS === null ? null : Math.abs(clockSkewS)),
  disk: ({ freeBytes }) => freeBytes,
  phones: ({ scan }) => scan?.behind ?? null,
};

/** The page that a query asks for, out of the whole fleet. */
export function fleetPage(
  fleet: readonly FleetBranch[],
  { state, search = '', sort = 'attention', order = 'asc', limit = 50, offset = 0 }: FleetQuery,
): Pick<FleetAnswer, 'total' | 'counts' | 'matching' | 'offset' | 'branches'> {
  const found = search.trim() === '' ? fleet : fleet.filter(matches(search.trim()));
  const counts: Record<string, number> = Object.fromEntries(fleetStates.map((name) => [name, 0]));
  for (const branch of found) counts[branch.state] = (counts[branch.state] ?? 0) + 1;
  const matching = state === undefined ? found : found.filter((branch) => branch.state === state);
  return {
    total: fleet.length,
    counts,
    matching: matching.length,
    offset,
    branches: sorted(matching, sort, order).slice(offset, offset + limit),
  };
}

function matches(search: string): (branch: FleetBranch) => boolean {
  const wanted = search.toLowerCase();
  return ({ name, version, lastError }) =>
    [name, version, lastError?.code, lastError?.sentence].some((text) =>
      text?.toLowerCase().includes(wanted),
    );
}

function sorted(
  branches: readonly FleetBranch[],
  sort: FleetSort,
  order: 'asc' | 'desc',
): FleetBranch[] {
  const way = order === 'desc' ? -1 : 1;
  const byName = (a: FleetBranch, b: FleetBranch): number => collator.compare(a.name, b.name);
  if (sort === 'name') return branches.toSorted((a, b) => way * byName(a, b));
  if (sort === 'version') {
    return branches.toSorted((a, b) => texts(a.version, b.version, way) || byName(a, b));
  }
  const keyOf = keys[sort];
  return branches
    .map((branch) => ({ branch, key: keyOf(branch) }))
    .toSorted((a, b) => numbers(a.key, b.key, way) || byName(a.branch, b.branch))
    .map(({ branch }) => branch);
}

function numbers(a: number | null, b: number | null, way: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return way * (a - b);
}

function texts(a: string | null, b: string | null, way: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return way * collator.compare(a, b);
}
