import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FileServers } from './file-request.ts';
import type { Asked, KnownFiles } from './starting-phone.ts';

/** What the load process is to do. */
export interface LoadOrder {
  /** How many telephones, each kind in turn. */
  readonly count: number;
  readonly servers: FileServers;
  readonly known: KnownFiles;
}

/** What came of it. Times in milliseconds. */
export interface LoadReport {
  readonly seconds: number;
  readonly done: number;
  readonly reboots: number;
  /** What went wrong, one sentence for each telephone. */
  readonly failures: readonly string[];
  readonly asked: readonly Asked[];
  /** How long its own event loop was held up: figures below that are the load's, not the server's. */
  readonly loopMs: number;
  /** Processor time of the load, in seconds. */
  readonly cpuSeconds: number;
}

/** Many telephones that start in the same instant, in a process of their own: the server's event loop is not shared. */
export class PhoneLoad {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the process waits for its order. */
  static async prepare(): Promise<PhoneLoad> {
    const program = fileURLToPath(new URL('./phone-load-process.ts', import.meta.url));
    const child = fork(program, {
      execArgv: ['-C', 'source'],
      stdio: ['ignore', 2, 2, 'ipc'],
      serialization: 'advanced',
    });
    await once(child, 'message');
    return new PhoneLoad(child);
  }

  /** Start them all and wait until the last is done, or has failed; once. */
  async run(order: LoadOrder): Promise<LoadReport> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadReport>();
    this.#child.once('message', (report) => {
      resolve(report as LoadReport); // its own type check holds its shape
    });
    this.#child.once('exit', (code, signal) => {
      reject(new Error(`the load process ended with ${signal ?? String(code)}`));
    });
    this.#child.send(order);
    const report = await promise;
    this.#child.disconnect();
    return report;
  }

  stop(): void {
    if (this.#child.connected) this.#child.kill('SIGKILL');
  }
}
