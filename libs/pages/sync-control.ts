import { Type, type Static } from 'typebox';
import { syncJobs } from '#libs/observe';

/** What "sync now" may be asked for; `all` = every job that this server has. */
export const runWhats = ['all', ...syncJobs] as const;
export type RunWhat = (typeof runWhats)[number];

/** pending → fetching → fetched → published, or refused on the way. */
export const fileStates = ['pending', 'fetching', 'fetched', 'published', 'refused'] as const;
export type FileState = (typeof fileStates)[number];

const runFile = Type.Object(
  {
    name: Type.String(),
    bytes: Type.Integer({ minimum: 0, description: 'Bytes here so far' }),
    bytesOverall: Type.Integer({ minimum: 0, description: 'Bytes of the whole file' }),
    state: Type.Enum([...fileStates]),
    code: Type.Optional(Type.String({ description: 'Why it was refused' })),
  },
  { additionalProperties: false },
);

/** One run of the sync: the answer to POST /api/v1/sync and GET /api/v1/sync/RUN. */
export const runSchema = Type.Object(
  {
    id: Type.String(),
    what: Type.Enum([...runWhats]),
    state: Type.Enum(['running', 'done', 'partly-done', 'failed']),
    startedAt: Type.String({ format: 'date-time' }),
    endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    files: Type.Array(runFile, { maxItems: 10_000 }),
    code: Type.Optional(Type.String({ description: 'Why it failed' })),
    message: Type.Optional(Type.String({ description: 'The same for people' })),
  },
  { additionalProperties: false },
);

export type Run = Static<typeof runSchema>;
export type RunFile = Run['files'][number];

/** What the status server needs of the sync; `apps/server` wires the two together. */
export interface SyncControl {
  /**
   * Start a run, or return the one that is on for the same thing.
   * @throws BranchlineError when this server has nothing of the kind to sync.
   */
  start(what: RunWhat): Run;
  /** A run that is on or was lately. */
  run(id: string): Run | undefined;
  /** Called with each change of a run; returns the function that ends the subscription. */
  subscribe(listener: (run: Run) => void): () => void;
}
