import { EventEmitter } from 'node:events';
import type { Run, RunWhat, SyncControl } from '#libs/pages';

/** A sync that does what the test says: `move` changes the run that is on and tells it. */
export class FakeSync implements SyncControl {
  readonly #runs = new Map<string, Run>();
  readonly #events = new EventEmitter<{ run: [Run] }>();
  #current: Run | undefined;

  start(what: RunWhat): Run {
    if (this.#current) return this.#current;
    const id = `run-${String(this.#runs.size + 1)}`;
    return this.move({ id, what, state: 'running', startedAt: 1_000_000, files: [] });
  }

  run(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  subscribe(listener: (run: Run) => void): () => void {
    this.#events.on('run', listener);
    return () => this.#events.off('run', listener);
  }

  get subscribers(): number {
    return this.#events.listenerCount('run');
  }

  move(run: Run): Run {
    this.#runs.set(run.id, run);
    this.#current = run.state === 'running' ? run : undefined;
    this.#events.emit('run', run);
    return run;
  }
}
