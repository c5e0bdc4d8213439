import { BranchlineError } from '#libs/errors';
import { checkFileNames, requireExpected } from './expected-file.ts';
import { fetchCheckFile, whyMissed } from './fetch-check-file.ts';
import { shakeHands } from './shake-hands.ts';
import type { WatchedServer } from './watched-server.ts';

export interface CheckOptions {
  /** Milliseconds in which one file must have arrived. */
  readonly limitMs: number;
  /** Folder of the operator's own check files. */
  readonly checkDir?: string | undefined;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** What became of one request. */
export interface Checked {
  /** `handshake` where no file can be asked for. */
  readonly file: string;
  /** Milliseconds. */
  readonly ms: number;
  /** Why it was missed; undefined when it has arrived. */
  readonly missed?: BranchlineError;
}

/** One request after the other of a round at one server; whoever has heard enough stops asking for more. */
export async function* checkServer(
  server: WatchedServer,
  options: CheckOptions,
): AsyncGenerator<Checked> {
  const byHandshake = server.handshakeOnly === true || server.protocol === 'hub';
  for (const file of byHandshake ? ['handshake'] : checkFileNames) {
    yield await check(server, file, options);
  }
}

async function check(
  server: WatchedServer,
  file: string,
  { limitMs, checkDir, signal }: CheckOptions,
): Promise<Checked> {
  const startedAt = performance.now();
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const ms = (): number => Math.round(performance.now() - startedAt);
  try {
    if (file === 'handshake') await shakeHands(server, bounded);
    else {
      const came = await fetchCheckFile(server, file, bounded);
      await requireExpected(server, file, came, checkDir);
    }
    return { file, ms: ms() };
  } catch (error) {
    if (signal.aborted) throw new BranchlineError('INTERRUPTED', 'the watchdog is being stopped');
    return { file, ms: ms(), missed: whyMissed(server, file, error, bounded) };
  }
}
