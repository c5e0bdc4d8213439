import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { BranchlineError } from '#libs/errors';

export interface SystemdOptions {
  /** Is there while systemd runs this machine (sd_booted(3)). */
  readonly marker?: string;
  readonly command?: string;
  readonly timeoutMs?: number;
}

/** A unit as `systemctl show` tells of it. */
export interface UnitLook {
  readonly unit: string;
  /** active, reloading, inactive, failed, activating or deactivating. */
  readonly active: string;
  /** running, dead, auto-restart, start-pre …: finer than `active`. */
  readonly sub: string;
  /** `success`, or what ended it: exit-code, timeout, watchdog, oom-kill … */
  readonly result: string;
  /** Of the main process; undefined when there is none. */
  readonly pid: number | undefined;
  /** Unix milliseconds since when it is so; undefined when it never was anything else. */
  readonly since: number | undefined;
  readonly restarts: number;
}

export type UnitAct = 'start' | 'stop' | 'restart';

const properties = [
  ...['LoadState', 'ActiveState', 'SubState', 'Result', 'MainPID', 'NRestarts'],
  'StateChangeTimestampMonotonic',
] as const;
const maxAnswer = 65_536;

/** Units of systemd, by its own command: fixed arguments, no shell, bounded in time. */
export class SystemdUnits {
  readonly #options: Required<SystemdOptions>;

  constructor(options: SystemdOptions = {}) {
    this.#options = {
      ...{ marker: '/run/systemd/system', command: 'systemctl', timeoutMs: 10_000 },
      ...options,
    };
  }

  /** Whether systemd runs this machine. */
  async isHere(): Promise<boolean> {
    try {
      await access(this.#options.marker);
      return true;
    } catch {
      return false;
    }
  }

  /** undefined when systemd does not know the unit. @throws BranchlineError SERVICE_REFUSED. */
  async look(unit: string): Promise<UnitLook | undefined> {
    const said = await this.#ask('show', unit, `--property=${properties.join(',')}`);
    const of = new Map(
      said.split('\n').map((line): [string, string] => {
        const equals = line.indexOf('=');
        return [line.slice(0, equals), line.slice(equals + 1)];
      }),
    );
    if (of.get('LoadState') !== 'loaded') return undefined;
    const pid = Number(of.get('MainPID'));
    const sinceUs = Number(of.get('StateChangeTimestampMonotonic'));
    return {
      unit,
      active: of.get('ActiveState') ?? 'unknown',
      sub: of.get('SubState') ?? '',
      result: of.get('Result') ?? '',
      pid: pid > 0 ? pid : undefined,
      since: sinceUs > 0 ? Math.round(Date.now() - sinceBootMs() + sinceUs / 1_000) : undefined,
      restarts: Number(of.get('NRestarts')) || 0,
    };
  }

  /** Queues the act and does not wait for its end. @throws BranchlineError SERVICE_REFUSED with systemd's own words. */
  async act(unit: string, act: UnitAct): Promise<void> {
    await this.#ask(act, unit, '--no-block', '--no-ask-password');
  }

  async #ask(verb: string, unit: string, ...options: readonly string[]): Promise<string> {
    const { command, timeoutMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    execFile(
      command,
      [...options, verb, '--', unit],
      { timeout: timeoutMs, maxBuffer: maxAnswer, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else {
          const why = stderr.trim() === '' ? error.message : stderr.trim();
          reject(
            new BranchlineError(
              'SERVICE_REFUSED',
              `systemctl ${verb} ${unit} failed: ${why.slice(0, 500)}`,
              { cause: error },
            ),
          );
        }
      },
    );
    return promise;
  }
}

/** By the clock that systemd reads for such times (clock_gettime(2), CLOCK_MONOTONIC). */
const sinceBootMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);
