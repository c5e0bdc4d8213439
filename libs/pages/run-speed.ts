import type { Run } from './sync-control.ts';

const windowMs = 10_000;
const everyMs = 500;

/** How fast the run that is on fetches, over the last ten seconds. */
export class RunSpeed {
  #run: string | undefined;
  #samples: { at: number; bytes: number }[] = [];

  /** Take note of a run; called with each change of it. `now` in milliseconds of any clock that only goes forward. */
  note(run: Run, now: number): void {
    if (run.state !== 'running') {
      this.#run = undefined;
      this.#samples = [];
      return;
    }
    if (run.id !== this.#run) {
      this.#run = run.id;
      this.#samples = [];
    }
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at < everyMs) return;
    const bytes = run.files.reduce((sum, file) => sum + file.bytes, 0);
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= windowMs), { at: now, bytes }];
  }

  /** null while no run is on, or it has not been watched for long enough. */
  bytesPerS(): number | null {
    const [first, ...rest] = this.#samples;
    const last = rest.at(-1);
    if (first === undefined || last === undefined) return null;
    return Math.max(0, Math.round(((last.bytes - first.bytes) * 1_000) / (last.at - first.at)));
  }
}
