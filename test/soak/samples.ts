import { readdir, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from './pair-world.ts';

/** One look at one server, from outside. */
export interface Sample {
  /** Since the run began. */
  readonly seconds: number;
  readonly server: string;
  /** Each life of a server has another one. */
  readonly pid: number;
  /** Resident memory, in KiB; and of it what is no file: heap, buffers and stacks. */
  readonly residentKB: number;
  readonly anonymousKB: number;
  /** Open file descriptors. */
  readonly files: number;
}

/** Looks at every server again and again by `/proc`. */
export class Samples {
  readonly all: Sample[] = [];
  /** The machine's load average over a minute. */
  readonly loads: number[] = [];
  /** Of each process, in seconds. */
  readonly #cpu = new Map<number, number>();
  readonly #began = performance.now();
  readonly #places: readonly Place[];

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  async run(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Processor time of all servers so far, in seconds: up to the last look at each life. */
  get cpuSeconds(): number {
    return [...this.#cpu.values()].reduce((sum, one) => sum + one, 0);
  }

  async look(): Promise<void> {
    this.loads.push(loadavg()[0] ?? 0);
    for (const { victim } of this.#places) {
      if (!victim.ready || victim.pid === undefined) continue;
      const sample = await sampleOf(victim.pid).catch(() => undefined);
      if (sample === undefined) continue;
      this.#cpu.set(victim.pid, await cpuSecondsOf(victim.pid).catch(() => 0));
      const seconds = Math.round((performance.now() - this.#began) / 1_000);
      this.all.push({ seconds, server: victim.name, pid: victim.pid, ...sample });
    }
  }
}

/** User and system time, in ticks of 10 ms (proc(5), fields 14 and 15). */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Rejects when it has just ended. */
async function sampleOf(
  pid: number,
): Promise<Pick<Sample, 'residentKB' | 'anonymousKB' | 'files'>> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const line = (name: string): number => {
    const value = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    // One that is ending has no memory any more.
    if (value === undefined) throw new Error(`process ${pid} has no ${name}`);
    return Number(value);
  };
  return {
    residentKB: line('VmRSS'),
    anonymousKB: line('RssAnon'),
    files: (await readdir(`/proc/${pid}/fd`)).length,
  };
}
