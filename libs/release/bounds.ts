/** The longest metadata that a branch reads, in bytes, and how many new roots it takes in one refresh. */
export interface ReleaseBounds {
  readonly root: number;
  readonly timestamp: number;
  readonly snapshot: number;
  readonly targets: number;
  readonly rootRotations: number;
}

/** A root must fit the answer to a join; 24 MiB of targets are 50,000 files with the longest names. */
export const defaultBounds: ReleaseBounds = {
  root: 32 * 1024,
  timestamp: 16 * 1024,
  snapshot: 64 * 1024,
  targets: 24 * 1024 * 1024,
  rootRotations: 64,
};
