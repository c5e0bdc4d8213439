import { stat } from 'node:fs/promises';
import { inspectArchive, verifyArchive } from '#libs/archive';
import { ifThere } from '#libs/files';
import { ComparedFiles, type Counterpart } from './compared-files.ts';
import { Placement, type Tree } from './placement.ts';
import { isLitter, planPublication, type PlannedFile } from './publication-plan.ts';
import { maxLookedFiles, type LookedFile, type LookOrder, type UpdateLook } from './update-look.ts';

/** A file of the update before it is placed. */
interface Source extends Counterpart {
  readonly index: number;
  readonly name: string;
}

const goneShown = 20;

/** The work of `lookIntoUpdate`; it may hold its thread. */
export async function lookInto(order: LookOrder): Promise<UpdateLook> {
  const { name, file, trees, patterns46xx } = order;
  const archive = isArchive(name);
  const sources = archive ? await members(order) : [await plain(name, file)];
  const litter = sources.filter((source) => isLitter(source.name)).length;
  const before = await publishedMembers(order);
  const against = order.compareTrees ? 'trees' : before === undefined ? 'nothing' : 'published';
  const compared = new ComparedFiles(file, against === 'trees' ? 'places' : (before ?? new Map()));
  const planned = planPublication(0, sources, new Placement(patterns46xx), trees);
  const places = Map.groupBy(planned, ({ source }) => source);
  const tallies = new Map<Tree, Tally>();
  const files: LookedFile[] = [];
  for (const source of sources) {
    const own = places.get(source.index) ?? [];
    const looked = [];
    for (const { tree, name: placed, target } of own) {
      const change = await compared.changeOf(source, target);
      looked.push({ tree, name: placed, change });
      count(tallies, tree, source.size, change);
    }
    if (own.length > 0)
      files.push({ name: source.name, size: source.size, role: roleOf(own), places: looked });
  }
  const here = new Set(sources.map((source) => source.name));
  const gone = [...(before?.keys() ?? [])].filter((was) => !here.has(was) && !isLitter(was));
  return {
    archive,
    bytes: sources.reduce((sum, { size }) => sum + size, 0),
    litter,
    against,
    trees: [...tallies].map(([tree, tally]) => ({ tree, ...tally })),
    filesTotal: files.length,
    files: files.toSorted(byInterest).slice(0, maxLookedFiles),
    gone: { total: gone.length, names: gone.slice(0, goneShown) },
  };
}

const isArchive = (name: string): boolean => name.toLowerCase().endsWith('.zip');

async function members({ file, limits, verify }: LookOrder): Promise<Source[]> {
  const archive = await inspectArchive(file, limits);
  if (verify) await verifyArchive(archive);
  return archive.entries.flatMap(({ isFolder, name, size, crc32 }, index) =>
    isFolder ? [] : [{ index, name, size, crc32 }],
  );
}

async function plain(name: string, file: string): Promise<Source> {
  return { index: 0, name, size: (await stat(file)).size, crc32: undefined };
}

/** What the published update of that name holds; undefined when there is none, or none that can be read. */
async function publishedMembers({
  name,
  published,
  limits,
}: LookOrder): Promise<Map<string, Counterpart> | undefined> {
  if (published === undefined) return undefined;
  if (!isArchive(name)) {
    const size = (await ifThere(stat(published)))?.size;
    return size === undefined
      ? undefined
      : new Map([[name, { size, crc32: undefined, file: published }]]);
  }
  try {
    const { entries } = await inspectArchive(published, limits);
    return new Map(
      entries.flatMap((entry) => (entry.isFolder ? [] : [[entry.name, entry] as const])),
    );
  } catch {
    // It was refused when it came, or is being replaced: it is no measure for this one.
    return undefined;
  }
}

const roles: readonly (readonly [RegExp, LookedFile['role']])[] = [
  [/upgrade[^/]*\.(scr|txt)$/i, 'upgrade'],
  [/settings[^/]*\.(scr|txt)$/i, 'settings'],
  [/(^|_)allow_ip\.txt$/i, 'access-list'],
];

const roleOf = ([first]: readonly PlannedFile[]): LookedFile['role'] =>
  roles.find(([pattern]) => pattern.test(first?.name ?? ''))?.[1] ?? 'other';

interface Tally {
  files: number;
  bytes: number;
  new: number;
  changed: number;
  same: number;
}

function count(
  tallies: Map<Tree, Tally>,
  tree: Tree,
  size: number,
  change: 'new' | 'changed' | 'same' | null,
): void {
  const tally = tallies.get(tree) ?? { files: 0, bytes: 0, new: 0, changed: 0, same: 0 };
  tally.files += 1;
  tally.bytes += size;
  if (change !== null) tally[change] += 1;
  tallies.set(tree, tally);
}

const roleRank = { upgrade: 0, settings: 1, 'access-list': 2, other: 3 };
const changeRank = { changed: 0, new: 1, same: 3 };

function byInterest(a: LookedFile, b: LookedFile): number {
  return (
    roleRank[a.role] - roleRank[b.role] ||
    changeOf(a) - changeOf(b) ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}

/** The most that happens at any of its places. */
const changeOf = ({ places }: LookedFile): number =>
  Math.min(...places.map(({ change }) => (change === null ? 2 : changeRank[change])));
