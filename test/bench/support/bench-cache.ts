import { homedir } from 'node:os';
import path from 'node:path';

/** Where benchmarks keep what they download and compile; may be removed at any time. */
export const benchCache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'branchline-bench');
