import { Type, type Static } from 'typebox';
import { branchStates } from '#libs/observe';
import { branchFacts } from './branch-schema.ts';
import { closed, count, list, orNull, text, time } from './schema-words.ts';

/** Branches of one answer at most. */
export const maxBranchesPerPage = 200;
/** Troubles of one branch in an answer. */
export const maxTroubles = 60;

/** How a branch can be; who is invited has not joined yet. */
export const fleetStates = [...branchStates, 'invited'] as const;
export type FleetState = (typeof fleetStates)[number];

/** What the branches can be sorted by; `attention` = who needs somebody, first; `phones` = telephones behind. */
export const fleetSorts = [
  'attention',
  'name',
  'state',
  'behind',
  'seen',
  'version',
  'certificate',
  'clock',
  'disk',
  'phones',
] as const;
export type FleetSort = (typeof fleetSorts)[number];

const pull = Type.Object(
  {
    file: orNull(text('What it fetches or unpacks')),
    files: count('Updates that this pull brings'),
    filesDone: count('Those of them that are dealt with'),
    bytes: count('Bytes that are there'),
    bytesOverall: count('Bytes of all of them'),
    bytesPerS: orNull(count('Bytes a second since it told before')),
    at: time('When it told'),
  },
  closed,
);

/** A branch as the fleet page shows it. */
export const fleetBranchSchema = Type.Object(
  {
    ...branchFacts,
    state: Type.Enum([...fleetStates]),
    joinedAt: orNull(time('When it joined')),
    invitedUntil: orNull(time('End of an invitation that was not used')),
    behind: orNull(count('Releases that it lacks; null: it takes none, or it is not known')),
    behindSince: orNull(time('When the first of them was signed')),
    pull: orNull(pull),
    lacking: orNull(
      Type.Object(
        {
          files: count('Updates of the release that are not there whole'),
          names: list(text('Name in Updates'), 20),
        },
        closed,
      ),
    ),
  },
  closed,
);
export type FleetBranch = Static<typeof fleetBranchSchema>;

const hub = Type.Object(
  {
    release: count('Newest release'),
    files: count('Updates of it'),
    bytes: count('Their size'),
    version: text('Version of Branchline here'),
  },
  closed,
);

/** The body of GET /api/v1/branches. */
export const fleetSchema = Type.Object(
  {
    at: time('Clock of the hub'),
    hub,
    total: count('Branches and open invitations'),
    counts: Type.Object(
      Object.fromEntries(fleetStates.map((state) => [state, count('Those of them that match')])),
      { ...closed, description: 'Matches of the search in each state' },
    ),
    matching: count('Matches of search and state'),
    offset: count('Matches before the first of this page'),
    branches: list(fleetBranchSchema, maxBranchesPerPage),
  },
  closed,
);
export type FleetAnswer = Static<typeof fleetSchema>;

/** The body of GET /api/v1/branches/NAME. */
export const fleetMemberSchema = Type.Object(
  {
    at: time('Clock of the hub'),
    hub,
    branch: fleetBranchSchema,
    certificateEndsAt: orNull(time('End of its newest certificate')),
    troubles: list(
      Type.Object(
        {
          code: text('Error code'),
          name: orNull(text('The file that is concerned')),
          sentence: text('What happened, as the branch says'),
          advice: text('What to do'),
          firstAt: time('First told'),
          lastAt: time('Last told'),
          endedAt: orNull(time('No longer told since; null: it lasts')),
        },
        closed,
      ),
      maxTroubles,
    ),
  },
  closed,
);
export type FleetMember = Static<typeof fleetMemberSchema>;

/** The body of POST /api/v1/branches/NAME/sync. */
export const branchCalledSchema = Type.Object(
  {
    reached: Type.Boolean({
      description:
        'true: it was waiting and has heard it; false: it hears it if it comes within a minute',
    }),
  },
  closed,
);
export type BranchCalled = Static<typeof branchCalledSchema>;

/** Which branches, in which order. */
export const fleetQuerySchema = Type.Object({
  state: Type.Optional(Type.Enum([...fleetStates], { description: 'Nothing = all' })),
  search: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'In name, version, error code or error text; capitals do not matter',
    }),
  ),
  sort: Type.Optional(
    Type.Enum([...fleetSorts], { description: 'Nothing = attention: who needs somebody, first' }),
  ),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxBranchesPerPage, description: 'Nothing = 50' }),
  ),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Branches to leave out' }),
  ),
});
export type FleetQuery = Static<typeof fleetQuerySchema>;
