import { Type, type Static } from 'typebox';
import { uploadKinds } from '#libs/journal';
import { ScanTold } from './scan-shape.ts';

/** The version of the contract in this file; a peer that speaks another one is refused with PROTOCOL_MISMATCH. */
export const protocolVersion = 1;

/** One body as bytes of JSON may not be longer than this, in either direction. */
export const maxBodyBytes = 64 * 1024;

/** Hubs above a branch; a chain longer than this is taken for a cycle. */
export const maxPathLength = 16;

const Millis = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Release = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Software = Type.String({ minLength: 1, maxLength: 64 });
const HubId = Type.String({ minLength: 1, maxLength: 64 });
const Pem = Type.String({ minLength: 1, maxLength: 32 * 1024 });
const Protocol = Type.Literal(protocolVersion);

/** How a branch sees itself. */
export const reportStates = ['in-sync', 'pending', 'error', 'waiting-for-space'] as const;
export type ReportState = (typeof reportStates)[number];

/** At most so many problems travel in one check-in; the branch keeps the rest on its own status page. */
export const maxProblems = 50;

export const Problem = Type.Object({
  /** The update that is concerned, if one is. */
  name: Type.Optional(Type.String({ maxLength: 255 })),
  /** One of docs/errors.md. */
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }),
  message: Type.String({ maxLength: 500 }),
});
export type Problem = Static<typeof Problem>;

/** At most so many names of updates that are not there yet travel in one check-in. */
export const maxLackingNames = 20;

/** POST /v1/check-in: what the branch runs, holds and suffers from. */
export const CheckIn = Type.Object({
  protocol: Protocol,
  /** Version of the branch's software. */
  version: Software,
  /** Release that is published to the telephones; absent before the first one. */
  release: Type.Optional(Release),
  state: Type.Enum([...reportStates]),
  problems: Type.Array(Problem, { maxItems: maxProblems }),
  /** Bytes, on the disk of its trees. */
  freeBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  /** The branch's clock, Unix milliseconds. */
  sentAt: Millis,
  /** Seconds between two pulls by the schedule. */
  intervalS: Type.Optional(Type.Integer({ minimum: 0, maximum: 366 * 86_400 })),
  /** What of the release is not there, or not published; absent before the first pull. */
  lacking: Type.Optional(
    Type.Object({
      files: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      names: Type.Array(Type.String({ maxLength: 255 }), { maxItems: maxLackingNames }),
    }),
  ),
  /** What its newest scan of telephones found; absent before the first. */
  scan: Type.Optional(ScanTold),
  /** Present when the branch is a hub too: the hub above refuses one that stands in its own path. */
  hubId: Type.Optional(HubId),
});
export type CheckIn = Static<typeof CheckIn>;

export const CheckInAnswer = Type.Object({
  protocol: Protocol,
  hubId: HubId,
  /** Hub ids from the answering hub up to the root hub. */
  path: Type.Array(HubId, { minItems: 1, maxItems: maxPathLength }),
  /** The hub's clock, Unix milliseconds. */
  now: Millis,
  /** Version of the hub's software. */
  version: Software,
  /** The hub's newest release. */
  release: Release,
});
export type CheckInAnswer = Static<typeof CheckInAnswer>;

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** POST /v1/progress: how far the pull is that is going on. */
export const PullProgress = Type.Object({
  protocol: Protocol,
  /** The update that is being fetched or unpacked. */
  file: Type.Optional(Type.String({ maxLength: 255 })),
  /** Updates that this pull brings, and those of them that are dealt with. */
  files: Count,
  filesDone: Count,
  /** Bytes of all of them, and those that are here. */
  bytesOverall: Count,
  bytes: Count,
  /** Since the branch told last. */
  bytesPerS: Type.Optional(Count),
});
export type PullProgress = Static<typeof PullProgress>;

export const ProgressAnswer = Type.Object({
  protocol: Protocol,
  /** Milliseconds until the hub wants to hear it again. */
  nextMs: Type.Integer({ minimum: 1_000, maximum: 3_600_000 }),
});
export type ProgressAnswer = Static<typeof ProgressAnswer>;

/** POST /v1/renew: a certificate for a new key, asked for with the old one. */
export const Renew = Type.Object({ csr: Pem });
export type Renew = Static<typeof Renew>;

export const RenewAnswer = Type.Object({ certificate: Pem, authority: Pem });
export type RenewAnswer = Static<typeof RenewAnswer>;

/** GET /v1/events?since=N, answered once the hub's release is above N, or when its operator wants this branch to sync now. */
export const EventAnswer = Type.Object({ release: Release });
export type EventAnswer = Static<typeof EventAnswer>;

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** One file that a branch has: with branch and kind its name, size and digest are its identity. */
export const UploadFile = Type.Object({
  /** As it lies at the branch, with `/`. */
  name: Type.String({ minLength: 1, maxLength: 1024 }),
  /** Bytes. */
  size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sha256: Sha256,
  /** By the branch's clock, Unix milliseconds; for people only. */
  modified: Millis,
});
export type UploadFile = Static<typeof UploadFile>;

/** Files in one offer, and in one body of small files. */
export const maxOfferFiles = 1_000;
export const maxOfferBytes = 2 * 1024 * 1024;

/** POST /v1/uploads/KIND/offer: what the branch has; none is a question for the ledger's id. */
export const Offer = Type.Object({ files: Type.Array(UploadFile, { maxItems: maxOfferFiles }) });
export type Offer = Static<typeof Offer>;

export const OfferAnswer = Type.Object({
  /** Id of the hub's ledger: another one than last time means that acknowledgements are forgotten. */
  ledger: Type.String({ minLength: 1, maxLength: 64 }),
  /** What the hub lacks, by place in the offer; `from` = bytes of it that are here already. */
  lacking: Type.Array(
    Type.Object({
      index: Type.Integer({ minimum: 0, maximum: maxOfferFiles - 1 }),
      from: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    }),
    { maxItems: maxOfferFiles },
  ),
});
export type OfferAnswer = Static<typeof OfferAnswer>;

/** PUT /v1/uploads/KIND/SHA256 and POST /v1/uploads/KIND: what became of each file, in order; no code = it is safe here. */
export const UploadAnswer = Type.Object({
  results: Type.Array(Type.Object({ problem: Type.Optional(Problem) }), {
    maxItems: maxOfferFiles,
  }),
});
export type UploadAnswer = Static<typeof UploadAnswer>;

/** Rows in one answer about a ledger. */
export const maxLedgerRows = 500;
/** Its longest names fill that. */
export const maxLedgerBytes = 4 * 1024 * 1024;

/** What a hub tells of the bytes of a file that lies there. Unix milliseconds. */
const Stored = Type.Object({
  /** By the branch's clock. */
  modified: Millis,
  /** When they came there from the branch. */
  received: Millis,
  /** Of a backup: when it was saved, as hubs compare it. */
  saved: Millis,
});

/** GET /v1/ledger: records of the other hub of a pair, and its newest backups, in the order of their changes. */
export const LedgerAnswer = Type.Object({
  /** Id of the ledger. */
  ledger: Type.String({ minLength: 1, maxLength: 64 }),
  rows: Type.Array(
    Type.Object({
      branch: Type.String({ minLength: 1, maxLength: 64 }),
      kind: Type.Enum([...uploadKinds]),
      name: Type.String({ minLength: 1, maxLength: 1024 }),
      /** Bytes. */
      size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      sha256: Sha256,
      change: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      claim: Type.Union([Type.Literal('held'), Type.Literal('mine'), Type.Literal('yielded')]),
      whole: Type.Boolean(),
      delivered: Type.Boolean(),
      /** Absent when the bytes are not there any more, and from older hubs. */
      stored: Type.Optional(Stored),
    }),
    { maxItems: maxLedgerRows },
  ),
  next: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  complete: Type.Boolean(),
});
export type LedgerAnswer = Static<typeof LedgerAnswer>;

/** GET /v1/ledger: changes after `since`; an older hub asks without `backups`, and gets none. */
export const LedgerQuery = Type.Object({
  since: Type.String({ pattern: '^[0-9]{1,15}$' }),
  backups: Type.Optional(Type.Literal('1')),
});

/** GET /v1/ledger/file: whose bytes are wanted. */
export const LedgerFileQuery = Type.Object({
  branch: Type.String({ minLength: 1, maxLength: 64 }),
  kind: Type.Enum([...uploadKinds]),
  name: Type.String({ minLength: 1, maxLength: 1024 }),
  /** Bytes. */
  size: Type.String({ pattern: '^[0-9]{1,15}$' }),
  sha256: Sha256,
});

/** A backup above this is no telephone's: it does not come back by itself. */
export const maxRestoreBytes = 8 * 1024 * 1024;

/** GET /v1/restore: the newest backup of a name, when it is newer than what the branch has. */
export const RestoreQuery = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 1024 }),
  /** SHA-256 of the branch's own copy. */
  have: Type.Optional(Sha256),
  /** When that one was saved, Unix milliseconds. */
  saved: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
});
export type RestoreQuery = Static<typeof RestoreQuery>;

/** POST /v1/join, on the join port. */
export const Join = Type.Object({
  protocol: Protocol,
  token: Type.String({ minLength: 1, maxLength: 256 }),
  csr: Pem,
  version: Software,
});
export type Join = Static<typeof Join>;

export const JoinAnswer = Type.Object({
  certificate: Pem,
  authority: Pem,
  /** Base64 of the root metadata to trust first. */
  root: Type.String({ minLength: 1, maxLength: 48 * 1024, pattern: '^[A-Za-z0-9+/]+={0,2}$' }),
  hubId: HubId,
  /** The name that the invitation gives this branch. */
  branch: Type.String({ minLength: 1, maxLength: 64 }),
});
export type JoinAnswer = Static<typeof JoinAnswer>;

/** POST /v1/diagnose, on the join port: why does the hub refuse this certificate? */
export const Diagnose = Type.Object({ certificate: Pem });
export type Diagnose = Static<typeof Diagnose>;

export const Diagnosis = Type.Object({
  /** `OK`, or a code of docs/errors.md. */
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }),
  message: Type.String({ maxLength: 1_000 }),
  /** The hub's clock, Unix milliseconds. */
  now: Millis,
});
export type Diagnosis = Static<typeof Diagnosis>;

/** Every refusal, as `application/problem+json` (RFC 9457) with our own member `code`. */
export const ProblemDetails = Type.Object({
  type: Type.String({ maxLength: 200 }),
  title: Type.String({ maxLength: 200 }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ maxLength: 2_000 }),
  code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }),
});
export type ProblemDetails = Static<typeof ProblemDetails>;

/** Names under /v1/metadata/: only the timestamp is not versioned (TUF 1.0.34 § 6.2, consistent snapshots). */
export const metadataName = /^(?:timestamp|[1-9][0-9]{0,9}\.(?:root|snapshot|targets))\.json$/;
