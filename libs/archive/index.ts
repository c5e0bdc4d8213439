export type { Archive, ArchiveEntry } from './archive.ts';
export { defaultLimits, type ArchiveLimits } from './archive-limits.ts';
export { buildArchive, maxBuildBytes, maxBuildFiles, type ArchiveSource } from './build-archive.ts';
export { inspectArchive } from './inspect-archive.ts';
export { packable } from './packable.ts';
export { tarEnd, tarHeader, tarPadding } from './tar-entry.ts';
export {
  unpackArchive,
  type UnpackOptions,
  type UnpackProgress,
  type UnpackStep,
} from './unpack-archive.ts';
export { verifyArchive } from './verify-archive.ts';
