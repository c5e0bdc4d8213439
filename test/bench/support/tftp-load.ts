import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { compiled } from './compiled.ts';
import { pinned } from './running-peer.ts';

const run = promisify(execFile);
const limitMs = 120_000;

/** What the phones of tftp-load.c have met; times in milliseconds. */
const loadReport = Type.Object({
  done: Type.Integer(),
  failed: Type.Integer(),
  seconds: Type.Number(),
  /** Share of its processor that the generator used: close to 1 it is the limit, not the server. */
  busy: Type.Number(),
  mibPerS: Type.Number(),
  transfersPerS: Type.Number(),
  requestsAgain: Type.Integer(),
  /** DATA packets that came in; of these `useful` were the next one, `stale` were there already or out of turn. */
  data: Type.Integer(),
  useful: Type.Integer(),
  stale: Type.Integer(),
  dropped: Type.Integer(),
  acks: Type.Integer(),
  wrong: Type.Integer(),
  p50: Type.Number(),
  p99: Type.Number(),
  max: Type.Number(),
  firstP99: Type.Number(),
});
export type LoadReport = Static<typeof loadReport>;

export interface TftpLoad {
  readonly host: string;
  readonly port: number;
  /** Name to ask for, and where its bytes are to be compared with. */
  readonly file: string;
  readonly expect: string;
  readonly sessions: number;
  readonly total?: number;
  readonly blksize?: number;
  readonly windowsize?: number;
  /** Each so many packets are lost on their way to the phones, or are sent twice by them. */
  readonly dropData?: number;
  readonly doubleAcks?: number;
}

/** One run of many phones on a processor of their own. */
export async function tftpLoad(load: TftpLoad, cpu: number): Promise<LoadReport> {
  const { dropData, doubleAcks, ...plain } = load;
  const options = { ...plain, 'drop-data': dropData, 'double-acks': doubleAcks };
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const [command = '', ...rest] = pinned(cpu, [await compiled('tftp-load.c'), ...args]);
  const { stdout } = await run(command, rest, { timeout: limitMs });
  return Value.Parse(loadReport, JSON.parse(stdout));
}
