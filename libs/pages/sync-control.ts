import { Type, type Static } from 'typebox';
import { syncJobs, type SyncJob } from '#libs/observe';

/** What "sync now" may be asked for; `all` = every job that this server has. */
export const runWhats = ['all', ...syncJobs] as const;
export type RunWhat = SyncJob | 'all';

/** pending → fetching → fetched → publishing → published; sending → sent; refused: it is bad; failed: it may be tried again. */
export const fileStates = [
  'pending',
  'fetching',
  'fetched',
  'publishing',
  'published',
  'sending',
  'sent',
  'refused',
  'failed',
] as const;
export type FileState = (typeof fileStates)[number];

export const runStates = ['running', 'done', 'partly-done', 'failed'] as const;

const optionalText = (description: string) => Type.Optional(Type.String({ description }));

const runFile = Type.Object(
  {
    what: Type.Enum([...syncJobs], { description: 'The job that the file belongs to' }),
    name: Type.String(),
    state: Type.Enum([...fileStates]),
    bytes: Type.Integer({ minimum: 0, description: 'Bytes here so far' }),
    bytesOverall: Type.Integer({ minimum: 0, description: 'Bytes of the whole file' }),
    code: optionalText('Why it was refused or failed'),
    message: optionalText('The same for people'),
  },
  { additionalProperties: false },
);

/** One run of the sync: the answer to POST /api/v1/sync and GET /api/v1/sync/RUN. */
export const runAnswerSchema = Type.Object(
  {
    id: Type.String(),
    what: Type.Enum([...runWhats]),
    state: Type.Enum([...runStates]),
    startedAt: Type.String({ format: 'date-time' }),
    endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    files: Type.Array(runFile, { maxItems: 10_000 }),
    code: optionalText('Why it failed, or PARTLY_DONE'),
    message: optionalText('The same for people'),
  },
  { additionalProperties: false },
);

export type RunAnswer = Static<typeof runAnswerSchema>;

export interface RunFile {
  readonly what: SyncJob;
  readonly name: string;
  readonly state: FileState;
  readonly bytes: number;
  readonly bytesOverall: number;
  readonly code?: string;
  readonly message?: string;
}

/** A run as the sync tells it; times are Unix milliseconds. */
export interface Run {
  readonly id: string;
  readonly what: RunWhat;
  readonly state: (typeof runStates)[number];
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly files: readonly RunFile[];
  readonly code?: string;
  readonly message?: string;
}

/** What the status server needs of the sync; `apps/server` wires the two together. */
export interface SyncControl {
  /**
   * Start a run, or return the one that is on.
   * @throws BranchlineError when this server has nothing of the kind to sync.
   */
  start(what: RunWhat): Run;
  /** A run that is on or was lately. */
  run(id: string): Run | undefined;
  /** Called with each change of a run; returns the function that ends the subscription. */
  subscribe(listener: (run: Run) => void): () => void;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** A run as it goes over the wire. */
export function runAnswer(run: Run): RunAnswer {
  const { id, what, state, startedAt, endedAt, files, code, message } = run;
  return {
    id,
    what,
    state,
    startedAt: iso(startedAt),
    ...(endedAt !== undefined && { endedAt: iso(endedAt) }),
    files: files.map((file) => ({
      what: file.what,
      name: file.name,
      state: file.state,
      bytes: file.bytes,
      bytesOverall: file.bytesOverall,
      ...(file.code !== undefined && { code: file.code }),
      ...(file.message !== undefined && { message: file.message }),
    })),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  };
}
