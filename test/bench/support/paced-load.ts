import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiled } from './compiled.ts';

const run = promisify(execFile);

export interface PacedLoad {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Milliseconds from when each question was due to the end of its answer; a program in C asks, so that it takes next to no processor time. */
export async function pacedLoad(load: PacedLoad): Promise<number[]> {
  const program = await compiled('paced-get.c', ['-pthread']);
  const args = [load.port, load.path, load.perSecond, load.seconds].map(String);
  const { stdout } = await run(program, args, { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 });
  return stdout
    .trim()
    .split('\n')
    .map((micros) => Number(micros) / 1_000);
}
