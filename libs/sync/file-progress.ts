import type { ErrorCode } from '#libs/errors';
import type { FileState, RunReporter } from './sync-runs.ts';

/** Where one file's work says how far it is. */
export interface ProgressSink {
  /** Dropped when the last one was told less than 100 ms ago. */
  at(state: FileState, bytes: number, bytesOverall?: number): void;
  /** Never dropped. */
  ended(state: FileState, code?: ErrorCode, message?: string): void;
}

const quietMs = 100;

/** Progress of one file of a run, at most ten times a second. `size` in bytes. */
export function progressOf(report: RunReporter, name: string, size: number): ProgressSink {
  let toldAt = 0;
  let last: FileState = 'pending';
  return {
    at(state, bytes, bytesOverall = size) {
      const now = performance.now();
      if (state === last && now - toldAt < quietMs) return;
      toldAt = now;
      last = state;
      report.file({ name, state, bytes, bytesOverall });
    },
    ended(state, code, message) {
      last = state;
      const failed = code !== undefined && { code, message: message ?? code };
      report.file({ name, state, bytes: failed ? 0 : size, bytesOverall: size, ...failed });
    },
  };
}
