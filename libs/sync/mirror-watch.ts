import { asBranchlineError, type ErrorCode } from '#libs/errors';
import { pause, type Service } from '#libs/lifecycle';
import type { MirrorScan } from './mirror-scan.ts';
import type { MirroredFolder } from './mirrored-folder.ts';

export interface MirrorWatchOptions {
  readonly folders: readonly MirroredFolder[];
  readonly scan: Pick<MirrorScan, 'scan'>;
  /** Between two looks at a folder, in milliseconds; longer where a look takes long, up to `seldomMs`. */
  readonly everyMs: number;
  /** The same for a folder whose changes are told; 60,000 unless told. */
  readonly seldomMs?: number;
  /** Something has changed here. */
  readonly onChanged: () => void;
  readonly onRefused: (code: ErrorCode, sentence: string) => void;
}

/** A look takes one part in so many of the time, as long as that is not too seldom. */
const share = 50;

/** Looks through the folders of the mirror again and again: copying programs and people tell nobody what they do. */
export class MirrorWatch implements Service {
  readonly name = 'folders of the mirror';
  readonly #options: MirrorWatchOptions;
  #stopping = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: MirrorWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#loops = Promise.all(this.#options.folders.map((folder) => this.#watch(folder)));
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
  }

  async #watch(folder: MirroredFolder): Promise<void> {
    const { signal } = this.#stopping;
    const { scan, everyMs, seldomMs = 60_000, onChanged, onRefused } = this.#options;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        if (await scan.scan(folder, signal)) onChanged();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const { code, message } = asBranchlineError(error);
        onRefused(
          code,
          `the ${folder.area} folder of the mirror was not looked through: ${message}`,
        );
      }
      const rest = (performance.now() - began) * share;
      if (isSeldom(folder)) await pause(Math.max(seldomMs, rest), signal);
      // One that took long because the server hung or its disk was slow makes nobody wait for minutes.
      else await pause(Math.max(everyMs, Math.min(rest, seldomMs)), signal);
    }
  }
}

const isSeldom = ({ tells, watched }: MirroredFolder): boolean => tells && watched !== true;
