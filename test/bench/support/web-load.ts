import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianProgram } from './debian-program.ts';
import { pinned } from './running-peer.ts';

const run = promisify(execFile);
const limitMs = 60_000;

export interface WebLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly cpu: number;
}

export interface WebRates {
  /** Answers that were read to their end. */
  readonly requestsPerS: number;
  /** Also of answers that were still going on. */
  readonly mibPerS: number;
}

/** What wrk gets on kept connections. Any answer that is not the file, and any broken connection, is an error. */
export async function webLoad({ url, connections, seconds, cpu }: WebLoad): Promise<WebRates> {
  const { program, env } = await debianProgram('wrk');
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', url];
  const [command = '', ...rest] = pinned(cpu, [program, ...args]);
  const { stdout } = await run(command, rest, {
    env: { ...process.env, ...env },
    timeout: limitMs,
  });
  const requestsPerS = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(stdout)?.[1]);
  const [, amount, unit = ''] = /^Transfer\/sec:\s+([\d.]+)(K|M|G)B$/m.exec(stdout) ?? [];
  const mibPerS = Number(amount) * (mibOf[unit] ?? NaN);
  if (!(mibPerS > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
  return { requestsPerS, mibPerS };
}

/** wrk counts by 1,024. */
const mibOf: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024 };

/** New TLS sessions per second, one connection after the other, by openssl s_time. */
export async function handshakes(
  port: number,
  seconds: number,
  cpu: number,
  ...options: readonly string[]
): Promise<number> {
  const address = ['-connect', `127.0.0.1:${port}`, '-new', '-time', String(seconds)];
  const [command = '', ...rest] = pinned(cpu, ['openssl', 's_time', ...address, ...options]);
  const { stdout } = await run(command, rest, { timeout: limitMs });
  const [, connections, real] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? [];
  // It counts from the beginning of a second to the end of one.
  if (connections === undefined || real === undefined) throw new Error(stdout);
  return Number(connections) / seconds;
}
