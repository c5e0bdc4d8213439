import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { BranchlineError } from '#libs/errors';

/** Name of the list in the archive. */
export const manifestName = 'branchline-state.json';
/** Where each part lies in the archive. */
export const parts = { settings: 'MV_IPTel.ini', state: 'state', certificates: 'certs' } as const;
/** Files of a server's own state; a thousand branches have some thousands. */
export const maxFiles = 100_000;

const manifestSchema = Type.Object({
  format: Type.Literal(1),
  /** Of the server that wrote it. */
  version: Type.String(),
  name: Type.String(),
  writtenAt: Type.String(),
  files: Type.Array(
    Type.Object({
      name: Type.String({ maxLength: 1_024 }),
      size: Type.Integer({ minimum: 0 }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
    { maxItems: maxFiles },
  ),
});

/** What a state archive holds, with the digest of each file. */
export type StateManifest = Static<typeof manifestSchema>;

/** @throws BranchlineError ARCHIVE_BROKEN. */
export function readManifest(text: string, archive: string): StateManifest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw broken(archive, 'its list cannot be read', cause);
  }
  if (Check(manifestSchema, body)) return body;
  throw broken(archive, 'its list has another shape: was it written by a newer version?');
}

export const broken = (archive: string, why: string, cause?: unknown): BranchlineError =>
  new BranchlineError(
    'STATE_ARCHIVE_BROKEN',
    `${archive} is no whole state archive: ${why}. Nothing was changed; take another archive`,
    { cause },
  );
