export { defaultBounds, type ReleaseBounds } from './bounds.ts';
export { ReleaseKeys } from './release-keys.ts';
export { ReleaseRepository, type Refreshed, type RepositoryOptions } from './release-repository.ts';
export type { ReleaseTarget } from './release-target.ts';
export { defaultLives, type ReleaseLives, type RoleName } from './role-name.ts';
export type { FetchMetadata } from './release-update.ts';
export { TrustedRelease, type Release, type TrustedReleaseOptions } from './trusted-release.ts';
