import { Type, type Static } from 'typebox';
import { fleetStates } from './fleet-schema.ts';

/** How many entries of each list an answer about updates holds; how many there are is said beside it. */
export const updateLimits = {
  page: 200,
  withdrawn: 50,
  branches: 200,
  back: 200,
  stays: 50,
} as const;

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });
const sha256 = Type.String({ description: 'Lower-case hexadecimal' });
const tree = Type.Enum(['TFTP', 'FTP', 'HTTP', 'HTTPS']);
const origin = Type.Enum(['local', 'upstream'], {
  description: 'local: put here by an administrator; upstream: fetched from the hub above',
});
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const draft = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    size: count,
    sha256,
    uploadedAt: time,
    by: Type.String({ description: 'Who uploaded it' }),
  },
  closed,
);

const update = Type.Object(
  {
    name: Type.String(),
    size: count,
    sha256,
    publishedAt: time,
    origin,
    release: orNull(Type.Integer({ description: 'The first signed release that has these bytes' })),
    here: Type.Object(
      {
        state: Type.Enum(['pending', 'published', 'refused', 'rolled-back', 'not-served'], {
          description: 'How it stands with the telephones of this server',
        }),
        code: orNull(Type.String()),
        reason: orNull(Type.String()),
        at: orNull(time),
      },
      closed,
    ),
    branches: orNull(
      Type.Object(
        {
          have: count,
          refused: Type.Integer({ minimum: 0, description: 'Branches that name trouble with it' }),
        },
        closed,
      ),
    ),
    earlier: Type.Integer({
      minimum: 0,
      description: 'Versions that a hub can publish again',
    }),
  },
  closed,
);

const earlier = Type.Object(
  { name: Type.String(), size: count, sha256, publishedAt: time, endedAt: time },
  closed,
);

export const updateListSchema = Type.Object(
  {
    hub: Type.Boolean({ description: 'Branches get what is published here' }),
    phones: Type.Boolean({ description: 'This server has telephones of its own' }),
    pulls: Type.Boolean({ description: 'A hub above brings updates here' }),
    release: orNull(Type.Integer()),
    branchesTotal: count,
    total: count,
    offset: count,
    updates: Type.Array(update, { maxItems: updateLimits.page }),
    withdrawn: Type.Array(earlier, {
      maxItems: updateLimits.withdrawn,
      description: 'No longer in Updates, and can be published again',
    }),
    drafts: Type.Array(draft, { description: 'Uploaded and looked at, not published' }),
  },
  closed,
);

const change = orNull(Type.Enum(['new', 'changed', 'same']));

export const draftLookSchema = Type.Object(
  {
    draft,
    look: Type.Object(
      {
        archive: Type.Boolean(),
        bytes: Type.Integer({ minimum: 0, description: 'Of all its files, unpacked' }),
        litter: Type.Integer({
          minimum: 0,
          description: 'Files that copying programs left in it, and that no telephone gets',
        }),
        against: Type.Enum(['trees', 'published', 'nothing'], {
          description: 'What it was compared with',
        }),
        trees: Type.Array(
          Type.Object(
            { tree, files: count, bytes: count, new: count, changed: count, same: count },
            closed,
          ),
        ),
        filesTotal: count,
        files: Type.Array(
          Type.Object(
            {
              name: Type.String(),
              size: count,
              role: Type.Enum(['upgrade', 'settings', 'access-list', 'other']),
              places: Type.Array(Type.Object({ tree, name: Type.String(), change }, closed)),
            },
            closed,
          ),
          { description: 'Scripts first, then what changes; the first 500' },
        ),
        gone: Type.Object({ total: count, names: Type.Array(Type.String()) }, closed),
      },
      closed,
    ),
    replaces: orNull(Type.Object({ size: count, sha256, publishedAt: time, origin }, closed)),
    fromHub: Type.Boolean({
      description: 'The hub above has this name: it cannot be replaced here',
    }),
    branches: orNull(
      Type.Object(
        {
          total: count,
          names: Type.Array(
            Type.Object({ name: Type.String(), state: Type.Enum([...fleetStates]) }, closed),
            {
              maxItems: updateLimits.branches,
            },
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const rollBackSchema = Type.Object(
  {
    name: Type.String(),
    scope: Type.Enum(['here', 'branches'], {
      description:
        'here: files that the update replaced on this server are put back; branches: the earlier bytes are published again, and every branch follows',
    }),
    published: Type.Boolean({ description: 'False where it was withdrawn before' }),
    to: orNull(earlier),
    earlier: Type.Array(earlier),
    back: Type.Object(
      {
        total: count,
        edited: Type.Integer({ minimum: 0, description: 'Changed by hand since' }),
        files: Type.Array(
          Type.Object({ tree, name: Type.String(), size: count, edited: Type.Boolean() }, closed),
          { maxItems: updateLimits.back },
        ),
      },
      closed,
    ),
    stays: Type.Object(
      { total: count, names: Type.Array(Type.String(), { maxItems: updateLimits.stays }) },
      closed,
    ),
  },
  closed,
);

export type UpdateList = Static<typeof updateListSchema>;
export type DraftLook = Static<typeof draftLookSchema>;
export type RollBackAnswer = Static<typeof rollBackSchema>;
