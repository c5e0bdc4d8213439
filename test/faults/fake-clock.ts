import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/** Debian's package libfaketime. */
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** A wall clock that can be moved under a process that runs; time-outs and file times stay real. */
export interface FakeClock {
  readonly env: Readonly<Record<string, string>>;
  readonly set: (seconds: number) => Promise<void>;
}

export const canMoveClocks = (): boolean => existsSync(library);

/** Undefined where the library is not there. */
export async function fakeClock(file: string): Promise<FakeClock | undefined> {
  if (!canMoveClocks()) return undefined;
  const set = (seconds: number): Promise<void> =>
    writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await set(0);
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { env, set };
}
