import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BranchlineError } from '#libs/errors';
import {
  isWatched,
  runningListeners,
  type RunningListener,
  type Sensed,
  type WatchedServer,
} from '#libs/watchdog';
import { loadPlan } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';

const answerMs = 5_000;

export interface ServerSenseOptions {
  /** Guide key HostAddress. */
  readonly host: string;
  /** Settings file of the server. */
  readonly serverSettings: string;
  /** Milliseconds in which whatever is asked for must have come. */
  readonly limitMs: number;
}

/**
 * Which servers run: what the server's status page says it listens on. When it does not answer, what it said last; when it
 * has never answered, what the settings ask for. Both are looked at anew each time.
 */
export class ServerSense {
  readonly #options: ServerSenseOptions;
  #last: readonly RunningListener[] | undefined;

  constructor(options: ServerSenseOptions) {
    this.#options = options;
  }

  /** @throws SettingsError, BranchlineError SETTINGS_UNREADABLE. */
  async look(signal: AbortSignal): Promise<Sensed> {
    const plan = await loadPlan(this.#options.serverSettings);
    const at = await placeOf(plan, this.#options.host);
    const { name } = plan;
    if (plan.status === undefined) return { name, servers: planned(plan, at), by: 'settings' };
    try {
      const place = { host: at(plan.bindAddress), port: plan.status.port };
      const bounded = AbortSignal.any([
        signal,
        AbortSignal.timeout(Math.min(answerMs, this.#options.limitMs)),
      ]);
      this.#last = await runningListeners(place, bounded);
      return { name, servers: found(this.#last, plan, at), by: 'status page' };
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      return this.#last === undefined
        ? { name, servers: planned(plan, at), by: 'settings', trouble: error }
        : { name, servers: found(this.#last, plan, at), by: 'status page', trouble: error };
    }
  }
}

/** Where a listener is asked, by the address that it is bound to. */
type At = ((bound: string) => string) & { readonly authority?: string | undefined };

/** This machine's own addresses are not the same: a server may be bound to one of them only. */
async function placeOf(plan: ServerPlan, host: string): Promise<At> {
  const everywhere = ['0.0.0.0', '::', ''];
  const isHere = /^(?:127\.|::1$|localhost$)/i.test(host);
  const at = (bound: string): string => (isHere && !everywhere.includes(bound) ? bound : host);
  const authority =
    isHere && plan.hub !== undefined
      ? await readFile(
          path.join(plan.folders.certificates, 'authority', 'authority.pem'),
          'utf8',
        ).catch(() => undefined)
      : undefined;
  return Object.assign(at, { authority });
}

const oldName = 'HTTPS for old telephones';

/** What the server says of itself; it knows the ports that the kernel chose. */
const found = (running: readonly RunningListener[], plan: ServerPlan, at: At): WatchedServer[] =>
  running.flatMap(({ name, protocol, address, port }) =>
    isWatched(protocol) ? [watched({ name, protocol, host: at(address), port }, plan, at)] : [],
  );

/** What the settings ask for. Port 0 is any free one: nobody can tell which. */
function planned(plan: ServerPlan, at: At): WatchedServer[] {
  const { tftp, ftp, http, https, hub } = plan;
  const host = at(plan.bindAddress);
  const of = (
    name: string,
    protocol: WatchedServer['protocol'],
    ports: readonly number[],
  ): WatchedServer[] =>
    ports
      .filter((port) => port !== 0)
      .map((port) => watched({ name, protocol, host, port }, plan, at));
  return [
    ...(ftp?.servers ?? []).flatMap(({ name, port }) => of(name.toUpperCase(), name, [port])),
    ...of('TFTP', 'tftp', tftp === undefined ? [] : [tftp.port]),
    ...of('HTTP', 'http', http?.ports ?? []),
    ...of('HTTPS', 'https', https?.ports ?? []),
    ...of(oldName, 'https', https?.oldTls?.ports ?? []),
    ...of('Hub', 'hub', hub === undefined ? [] : [hub.hubPort]),
  ];
}

const treeOf = { tftp: 'TFTP', http: 'HTTP', https: 'HTTPS' } as const;

function watched(
  server: Pick<WatchedServer, 'name' | 'protocol' | 'host' | 'port'>,
  { folders, phoneCertificates }: ServerPlan,
  { authority }: At,
): WatchedServer {
  const { name, protocol } = server;
  if (protocol === 'hub') return { ...server, authority };
  // By FTP the user `watchdog` sees no tree.
  if (protocol === 'ftp' || protocol === 'ftps') return server;
  return {
    ...server,
    folder: folders.trees[treeOf[protocol]],
    oldTls: name === oldName,
    handshakeOnly: protocol === 'https' && phoneCertificates.clientAuthorityFile !== undefined,
  };
}
