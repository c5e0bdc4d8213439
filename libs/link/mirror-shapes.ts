import { Type, type Static } from 'typebox';
import { mirrorAreas, mirrorStates } from '#libs/journal';
import { Sha256 } from './shapes.ts';

export const maxMirrorRows = 500;
/** Its longest names fill that. */
export const maxMirrorBytes = 4 * 1024 * 1024;
/** Longest wait for a change, in milliseconds: short, as a twin that hangs is to be noticed. */
export const maxMirrorWaitMs = 20_000;

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const BookId = Type.String({ minLength: 1, maxLength: 64 });

/** GET /v1/mirror: what the other server of a pair has, in the order of its changes. */
export const MirrorAnswer = Type.Object({
  /** Id of its catalogue. */
  book: BookId,
  /** Id of the reader's catalogue that `theirs` counts in. */
  of: Type.Optional(BookId),
  rows: Type.Array(
    Type.Object({
      area: Type.Enum([...mirrorAreas]),
      name: Type.String({ minLength: 1, maxLength: 1024 }),
      /** Bytes. */
      size: Count,
      /** Unix milliseconds. */
      modifiedMs: Type.Integer({
        minimum: -Number.MAX_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
      sha256: Sha256,
      state: Type.Enum([...mirrorStates]),
      change: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      /** The last change of this server that made it what it is; 0 for none. */
      mine: Count,
      /** The same of the reader. */
      theirs: Count,
    }),
    { maxItems: maxMirrorRows },
  ),
  next: Count,
  complete: Type.Boolean(),
});
export type MirrorAnswer = Static<typeof MirrorAnswer>;

/** GET /v1/mirror/keys: with which passwords of telephones are remembered, hex. */
export const MirrorKeysAnswer = Type.Object({
  keys: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), { maxItems: 64 }),
});

const digits = Type.String({ pattern: '^[0-9]{1,15}$' });

/** The question for it: of which catalogue, up to where it was read, up to where all of that is dealt with, and how long to wait for more. */
export const MirrorQuery = Type.Object({
  book: Type.Optional(BookId),
  since: digits,
  applied: digits,
  waitMs: Type.Optional(digits),
});

/** The question for the bytes of a file. */
export const MirrorFileQuery = Type.Object({
  area: Type.Enum([...mirrorAreas]),
  name: Type.String({ minLength: 1, maxLength: 1024 }),
});
