export type { Archive, ArchiveEntry } from './archive.ts';
export { defaultLimits, type ArchiveLimits } from './archive-limits.ts';
export { inspectArchive } from './inspect-archive.ts';
