export { asDiskError } from './disk-error.ts';
export { fsyncFolder, makeFolder, renameDurably } from './durable-folder.ts';
export { freeBytes, requireSpace } from './free-space.ts';
export { hashFile, type Digest } from './hash-file.ts';
export { openInside, type InsideFile } from './open-inside.ts';
export { INTERNAL_FOLDER, isInternalName, PARTIAL_SUFFIX, partialBeside } from './partial-name.ts';
export { faultOf, resolveInside, safeName } from './safe-name.ts';
export { writeAll, writeDurably, type WriteOptions } from './write-durably.ts';
