import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Control groups that count processor time: the second version, and the first. */
const kinds = [
  { root: '/sys/fs/cgroup', needs: 'cgroup.controllers', file: 'cpu.stat' },
  { root: '/sys/fs/cgroup/cpuacct', needs: 'cpuacct.usage', file: 'cpuacct.usage' },
] as const;

/** Processor time of a process with all that it starts from now on, by a control group of its own. Needs root. */
export class ProcessorClock {
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = path.join(folder, file);
  }

  static async of(pid: number): Promise<ProcessorClock> {
    for (const { root, needs, file } of kinds) {
      const isHere = await access(path.join(root, needs)).then(
        () => true,
        () => false,
      );
      if (!isHere) continue;
      const folder = path.join(root, `branchline-bench-${pid}`);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'cgroup.procs'), String(pid));
      return new ProcessorClock(folder, file);
    }
    throw new Error('this machine has no control groups that count processor time');
  }

  async seconds(): Promise<number> {
    const text = await readFile(this.#file, 'utf8');
    const [, microseconds] = /^usage_usec (\d+)$/m.exec(text) ?? [];
    return microseconds === undefined ? Number(text) / 1e9 : Number(microseconds) / 1e6;
  }

  /** When the processes are gone. */
  async close(): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const left = await rmdir(this.#folder).catch((error: unknown) => error);
      if (left === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
