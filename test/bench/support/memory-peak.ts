import { readFile, writeFile } from 'node:fs/promises';
import { systemCode } from '#libs/errors';

/** The most memory a process has held (resident, its whole life), in bytes; undefined when it is gone or not on Linux. */
export async function memoryPeak(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Forget the peak of a process until now, so that the next reading is of what follows (proc(5), clear_refs). */
export async function forgetMemoryPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Follows a process that may end at any moment: `stop` gives its peak up to the last look, a fifth of a second ago at most. */
export class MemoryWatch {
  readonly #pid: number;
  #peak = 0;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();

  constructor(pid: number) {
    this.#pid = pid;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#look = this.#look.then(() => this.#read());
    }, 200);
  }

  /** Bytes; 0 when it was never seen. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#look;
    await this.#read();
    return this.#peak;
  }

  async #read(): Promise<void> {
    this.#peak = Math.max(this.#peak, (await memoryPeak(this.#pid)) ?? 0);
  }
}
