export type { Archive, ArchiveEntry } from './archive.ts';
export { defaultLimits, type ArchiveLimits } from './archive-limits.ts';
export { buildArchive, type ArchiveSource } from './build-archive.ts';
export { inspectArchive } from './inspect-archive.ts';
export {
  unpackArchive,
  type UnpackOptions,
  type UnpackProgress,
  type UnpackStep,
} from './unpack-archive.ts';
