import { Type, type Static } from 'typebox';

/** Lines about who runs what that travel in one check-in. */
export const maxScanVersions = 32;

const count = Type.Integer({ minimum: 0, maximum: 1_000_000 });

/** What the newest scan of a branch found, as it travels in its check-ins. */
export const ScanTold = Type.Object({
  /** End of the scan by the branch's clock, Unix milliseconds. */
  at: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  /** Addresses that were asked. */
  asked: count,
  /** Telephones that answered, and of these who runs what it would get there, something older, newer, or cannot be compared. */
  phones: count,
  current: count,
  behind: count,
  ahead: count,
  unknown: count,
  /** Telephones whose last load of firmware failed. */
  failed: count,
  /** Addresses where nothing answered. */
  silent: count,
  /** The most frequent first. */
  versions: Type.Array(
    Type.Object({
      family: Type.Optional(Type.String({ maxLength: 64 })),
      firmware: Type.Optional(Type.String({ maxLength: 128 })),
      standing: Type.Enum(['current', 'behind', 'ahead', 'unknown']),
      phones: count,
    }),
    { maxItems: maxScanVersions },
  ),
});
export type ScanTold = Static<typeof ScanTold>;
