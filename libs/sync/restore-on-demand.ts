import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { noAudit, type Audit } from '#libs/audit';
import { asBranchlineError } from '#libs/errors';
import type { BackupStore } from '#libs/backups';
import { openInside } from '#libs/files';
import type { Clock } from '#libs/lifecycle';
import { maxRestoreBytes, type HubRestores, type OwnCopy } from '#libs/link';
import type { Logger } from '#libs/observe';
import { isHubsFault } from './hubs-fault.ts';
import { mayBeAsked, type Upstream } from './upstream.ts';

/** A hub that backups come back from. */
export interface RestoreHub extends Pick<Upstream, 'peer' | 'address' | 'breaker'> {
  readonly restores: Pick<HubRestores, 'newest'>;
}

export interface RestoreOptions {
  /** Primary first (Guide p. 39). */
  readonly hubs: readonly RestoreHub[];
  /** What the names at the hub begin with: the folder that they come from. */
  readonly prefix: string;
  readonly folder: string;
  readonly store: BackupStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit?: Audit;
  /** A telephone waits: longest time for all hubs together, in milliseconds. */
  readonly patienceMs?: number;
}

/** brought: it is here now, from a hub; kept: what is here is the newest; absent: nobody has it; away: no hub could say. */
export type RestoreOutcome = 'brought' | 'kept' | 'absent' | 'away';

const defaultPatienceMs = 3_000;
/** An answer holds for so long: nobody had it, or a telephone asks for the size first and then for the bytes. */
const holdsMs: Readonly<Record<RestoreOutcome, number>> = {
  absent: 30_000,
  kept: 3_000,
  brought: 3_000,
  away: 3_000,
};
const maxRemembered = 10_000;

/**
 * A telephone asks for its backup: whoever of the hubs has a newer one than we do gives it, and it is stored here before it is
 * served. All telephones that wait for one name share one question.
 */
export class RestoreOnDemand {
  readonly #options: RestoreOptions;
  readonly #asking = new Map<string, Promise<RestoreOutcome>>();
  /** What was found, and until when that holds. */
  readonly #answers = new Map<string, { outcome: RestoreOutcome; until: number }>();

  constructor(options: RestoreOptions) {
    this.#options = options;
  }

  /** See that the newest copy of `name` is here, as far as that can be had. Never rejects: what is here is served all the same. */
  async freshen(name: string): Promise<RestoreOutcome> {
    const running = this.#asking.get(name);
    if (running !== undefined) return await running;
    const answer = this.#answers.get(name);
    if (answer !== undefined && answer.until > this.#options.clock.now()) return answer.outcome;
    const asking = this.#freshen(name)
      .then((outcome) => {
        this.#note(name, outcome);
        return outcome;
      })
      .finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return await asking;
  }

  async #freshen(name: string): Promise<RestoreOutcome> {
    const { hubs, log, prefix, patienceMs = defaultPatienceMs, audit = noAudit } = this.#options;
    const signal = AbortSignal.timeout(patienceMs);
    let outcome: RestoreOutcome = hubs.length === 0 ? 'absent' : 'away';
    for (const hub of mayBeAsked(hubs)) {
      try {
        const own = await this.#ownCopy(name);
        const found = await hub.restores.newest(`${prefix}/${name}`, own, signal);
        hub.breaker.succeeded();
        if (found === 'no news') return 'kept';
        if (found === undefined) {
          outcome = own === undefined ? 'absent' : 'kept';
          continue;
        }
        const body = Readable.from([found.bytes]);
        if (!(await this.#options.store.bring(name, body, found.savedAt))) return 'kept';
        const { peer, address } = hub;
        const { sha256, bytes } = found;
        await audit.commit([
          {
            ...{ act: 'restored', by: `hub ${peer}`, kind: 'backup', branch: found.branch },
            ...{ name: `${prefix}/${name}`, size: bytes.length, sha256, result: 'done' },
          },
        ]);
        const facts = { name, peer, address, from: found.branch, bytes: found.bytes.length };
        log.info(facts, 'backup brought back from the hub');
        return 'brought';
      } catch (error) {
        const known = asBranchlineError(error);
        const { peer, address } = hub;
        log.warn({ name, peer, address, code: known.code, reason: known.message }, 'no backup');
        if (signal.aborted || isHubsFault(known)) hub.breaker.failed();
        if (signal.aborted) break;
      }
    }
    return outcome;
  }

  /** A local copy that was saved after the hub's, and has not gone up yet, is not to be replaced. */
  async #ownCopy(name: string): Promise<OwnCopy | undefined> {
    try {
      const { handle, stats } = await openInside(this.#options.folder, name);
      try {
        if (stats.size > maxRestoreBytes) return { sha256: '0'.repeat(64), savedAt: stats.mtimeMs };
        const bytes = await handle.readFile();
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return { sha256, savedAt: stats.mtimeMs };
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (asBranchlineError(error).code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  #note(name: string, outcome: RestoreOutcome): void {
    this.#answers.delete(name);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size < maxRemembered) break;
      this.#answers.delete(oldest);
    }
    this.#answers.set(name, { outcome, until: this.#options.clock.now() + holdsMs[outcome] });
  }
}
