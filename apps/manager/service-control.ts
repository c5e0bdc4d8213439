import { BranchlineError } from '#libs/errors';
import {
  SingleInstance,
  type SystemdUnits,
  type ProcessLook,
  type SupervisedProcess,
  type UnitLook,
} from '#libs/lifecycle';
import type { ServiceAct, ServiceLook } from '#libs/manager';
import type { Tone } from '#libs/pages';

export interface ServiceControlOptions {
  /** Path of the settings file, for what to run instead. */
  readonly config: string;
  /** `StateDir` of now. */
  readonly stateDir: () => Promise<string>;
  /** Whether the status port answers. */
  readonly answers: () => Promise<boolean>;
  readonly systemd: SystemdUnits;
  /** The server, where the manager itself keeps it running. */
  readonly child: SupervisedProcess | undefined;
  readonly platform?: NodeJS.Platform;
}

interface KnownService {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly unit: string;
}

/** As `packaging/systemd` has them. */
const server: KnownService = {
  id: 'server',
  title: 'Server',
  words: 'Hands files to telephones and branches, and takes what they send.',
  unit: 'branchline.service',
};
const watchdog: KnownService = {
  id: 'watchdog',
  title: 'Watchdog',
  words: 'Asks the server for a file as a telephone would, and restarts it when it gets none.',
  unit: 'branchline-watchdog.service',
};

/** What runs on this machine, and how it is started and stopped here: by systemd, by the manager itself, or by neither. */
export class ServiceControl {
  readonly #options: ServiceControlOptions;

  constructor(options: ServiceControlOptions) {
    this.#options = options;
  }

  async look(): Promise<readonly ServiceLook[]> {
    const watched = await this.#unit(watchdog);
    return [
      await this.#server(),
      ...(watched === undefined ? [] : [unitLook(watchdog, watched, undefined)]),
    ];
  }

  /** @throws BranchlineError SERVICE_REFUSED. */
  async act(id: string, act: ServiceAct): Promise<void> {
    const known = [server, watchdog].find((service) => service.id === id);
    const { child, systemd } = this.#options;
    if (known === server && child !== undefined) {
      if (act !== 'start') await child.stop();
      if (act !== 'stop') await child.start();
    } else if (known !== undefined && (await this.#unit(known)) !== undefined) {
      await systemd.act(known.unit, act);
    } else throw new BranchlineError('SERVICE_REFUSED', `nothing here can ${act} the ${id}`);
  }

  async #server(): Promise<ServiceLook> {
    const { child, answers, stateDir } = this.#options;
    const port = (await answers())
      ? 'Its status port answers.'
      : 'Its status port does not answer.';
    const holder = await SingleInstance.holderOf(await stateDir());
    if (child !== undefined) return childLook(child.look(), port, holder);
    const unit = await this.#unit(server);
    const foreign = holder !== undefined && holder !== unit?.pid;
    if (unit !== undefined && (!foreign || unit.pid !== undefined))
      return unitLook(server, unit, port);
    const { config, platform = process.platform } = this.#options;
    return platform === 'win32'
      ? windowsLook(port, holder)
      : foreignLook(config, port, holder, unit);
  }

  async #unit({ unit }: KnownService): Promise<UnitLook | undefined> {
    const { systemd } = this.#options;
    return (await systemd.isHere()) ? await systemd.look(unit) : undefined;
  }
}

const tones: Readonly<Record<string, Tone>> = {
  active: 'ok',
  reloading: 'busy',
  activating: 'busy',
  deactivating: 'busy',
  inactive: 'off',
  failed: 'failed',
};

function unitLook(known: KnownService, unit: UnitLook, port: string | undefined): ServiceLook {
  const { active, sub, result, pid, since, restarts } = unit;
  const runs = active === 'active' || active === 'activating' || active === 'reloading';
  const { id, title, words } = known;
  return {
    ...{ id, title, words },
    tone: tones[active] ?? 'warning',
    state: `${active} (${sub})`,
    facts: [
      `systemd keeps it running: ${known.unit}.`,
      ...(pid === undefined ? [] : [`Process ${pid}.`]),
      ...(since === undefined ? [] : [`So since ${inWords(since)}.`]),
      ...(restarts > 0 ? [`systemd has started it again ${restarts} times.`] : []),
      ...(active === 'failed' ? [`It ended: ${result}. The page Logs has its last lines.`] : []),
      ...(runs && port !== undefined ? [port] : []),
    ],
    acts: runs ? ['restart', 'stop'] : ['start'],
    instead: undefined,
  };
}

function childLook(look: ProcessLook, port: string, holder: number | undefined): ServiceLook {
  const { id, title, words } = server;
  const { state, pid, since, restarts, reason } = look;
  const other = holder !== undefined && holder !== pid;
  const states = {
    running: { tone: 'ok', word: 'running', acts: ['restart', 'stop'] },
    waiting: { tone: 'failed', word: 'ended, is started again shortly', acts: ['restart', 'stop'] },
    failed: { tone: 'failed', word: 'not running', acts: ['start'] },
    stopped: { tone: 'off', word: 'stopped', acts: ['start'] },
  } as const satisfies Record<
    ProcessLook['state'],
    { tone: Tone; word: string; acts: ServiceAct[] }
  >;
  const { tone, word, acts } = states[state];
  return {
    ...{ id, title, words, tone, acts },
    state: word,
    facts: [
      'The manager keeps it running (--with-server), and ends it when it ends itself.',
      ...(pid === undefined ? [] : [`Process ${pid}.`]),
      ...(since === 0 ? [] : [`So since ${inWords(since)}.`]),
      ...(restarts > 0 ? [`It was started again ${restarts} times.`] : []),
      ...(reason === '' ? [] : [`It ended: ${reason}`]),
      ...(other
        ? [`Process ${holder} is another server with the same StateDir: end that first.`]
        : []),
      ...(state === 'running' ? [port] : []),
    ],
    instead: undefined,
  };
}

/** Services of Windows belong to its own console: said in words, with the commands for it (`packaging/windows`). */
function windowsLook(port: string, holder: number | undefined): ServiceLook {
  const runs = holder !== undefined;
  return outsideLook(port, holder, {
    why: 'On Windows the services are started and stopped in its own console (services.msc), or by an administrator in PowerShell:',
    commands: runs
      ? ['Restart-Service branchline', 'Stop-Service branchline']
      : ['Start-Service branchline'],
  });
}

/** Nothing here may start or stop it: said in words, with the commands for it. */
function foreignLook(
  config: string,
  port: string,
  holder: number | undefined,
  unit: UnitLook | undefined,
): ServiceLook {
  const runs = holder !== undefined;
  const nobody =
    unit === undefined
      ? 'No systemd unit branchline.service is here'
      : `The unit ${unit.unit} is here, but not the one that runs`;
  return outsideLook(port, holder, {
    why: `${nobody}, and the manager was not told to keep the server running: it can only be started and stopped where it was started. Run instead:`,
    commands: runs
      ? [
          "# ends it cleanly; a container's policy may start it again",
          `kill ${holder}`,
          `branchline serve --config ${config}`,
        ]
      : [
          `branchline serve --config ${config}`,
          '# or, in place of this manager, one that keeps the server running',
          `branchline manager --with-server --config ${config}`,
        ],
  });
}

/** A server that is started and stopped in another place. */
function outsideLook(
  port: string,
  holder: number | undefined,
  instead: ServiceLook['instead'],
): ServiceLook {
  const { id, title, words } = server;
  const runs = holder !== undefined;
  return {
    ...{ id, title, words, acts: [], instead },
    tone: runs ? 'ok' : 'failed',
    state: runs ? 'running' : 'not running',
    facts: runs ? [`Process ${holder}.`, port] : [],
  };
}

const inWords = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
