/** The roles of TUF 1.0.34 § 2.1 that this profile uses; there are no delegations and no mirrors. */
export const roleNames = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type RoleName = (typeof roleNames)[number];

/** How long a signature of each role is good, in milliseconds; the hub renews it at half of that. */
export type ReleaseLives = Readonly<Record<RoleName, number>>;

const day = 86_400_000;

/**
 * The timestamp's life is how long somebody who stands between hub and branch can hide a new release. A root and its
 * targets may be signed by keys that lie in a safe: they are not asked for often.
 */
export const defaultLives: ReleaseLives = {
  root: 5 * 365 * day,
  targets: 365 * day,
  snapshot: 7 * day,
  timestamp: day,
};

/** `expires` of a signature made now (TUF 1.0.34 § 4.3: UTC, whole seconds). */
export function expiresAfter(now: number, life: number): string {
  return new Date(now + life).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
