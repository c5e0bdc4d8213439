export { defaultBounds, type ReleaseBounds } from './bounds.ts';
export type { ReleaseTarget } from './release-target.ts';
