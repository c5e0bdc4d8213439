import { asBranchlineError, BranchlineError } from '#libs/errors';
import type { OutgoingFile, OutgoingTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import { maxOfferFiles, type HubUploads } from '#libs/link';
import type { Logger } from '#libs/observe';
import { progressOf } from './file-progress.ts';
import { isHubsFault } from './hubs-fault.ts';
import { offeredFile, whyNotOffered } from './offered-file.ts';
import type { OutgoingFiles } from './outgoing-files.ts';
import { SendLacking } from './send-lacking.ts';
import type { JobOptions, RunReporter } from './sync-runs.ts';
import { mayBeAsked, type Upstream } from './upstream.ts';

/** A hub that files go up to. */
export interface PushTarget extends Pick<Upstream, 'peer' | 'address' | 'breaker'> {
  readonly uploads: Pick<HubUploads, 'offer' | 'send' | 'sendAll'>;
}

export interface PushOptions {
  /** Primary first. */
  readonly upstreams: readonly PushTarget[];
  readonly files: OutgoingFiles;
  readonly table: OutgoingTable;
  readonly clock: Clock;
  readonly log: Logger;
  /** For records: an acknowledgement of either hub ends the duty. Backups go to the first hub that answers, all of them. */
  readonly eitherIsEnough: boolean;
  /** What is done with what is here once the run is over, whether it went up or not. */
  readonly retention?: { run(present: readonly OutgoingFile[]): Promise<number> } | undefined;
}

/** A hub that is set up anew in the middle of a run does so once. */
const maxLedgerChanges = 2;

/**
 * What this branch has collected goes up: offer, then send what is lacking; each file is acknowledged only when it is safe
 * at the hub (Guide p. 39 "Backup Using the IP Telephone File Server Application as a File Server").
 */
export class PushFiles {
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** @throws BranchlineError when no hub could be asked; single files that fail are reported. */
  async run(report: RunReporter, signal: AbortSignal, { byHand }: JobOptions): Promise<void> {
    const { upstreams, files } = this.#options;
    if (byHand) for (const { breaker } of upstreams) breaker.reset();
    const found = await files.scan(signal);
    let trouble: BranchlineError | undefined;
    const watched: RunReporter = {
      file: (progress) => {
        const { name, state, code, message } = progress;
        if (state === 'failed') {
          trouble ??= new BranchlineError(code ?? 'INTERNAL', `${name}: ${message ?? ''}`);
        }
        report.file(progress);
      },
    };
    try {
      await this.#push(offerable(found, watched), watched, signal);
    } catch (error) {
      trouble = asBranchlineError(error);
      throw error;
    } finally {
      // A stop is no trouble, and no success either.
      if (!signal.aborted) this.#note(trouble);
      await this.#options.retention?.run(found);
    }
  }

  #note(trouble: BranchlineError | undefined): void {
    const { table, files, clock } = this.#options;
    const { code, message } = trouble ?? {};
    table.noteTrouble(
      files.kind,
      code === undefined || message === undefined
        ? undefined
        : { code, message: message.slice(0, 500), at: clock.now() },
    );
  }

  async #push(
    found: readonly OutgoingFile[],
    report: RunReporter,
    signal: AbortSignal,
  ): Promise<void> {
    const { upstreams, log } = this.#options;
    let first: BranchlineError | undefined;
    for (const upstream of mayBeAsked(upstreams)) {
      signal.throwIfAborted();
      try {
        await this.#pushTo(upstream, found, report, signal);
        upstream.breaker.succeeded();
        return;
      } catch (error) {
        signal.throwIfAborted();
        const known = asBranchlineError(error);
        const { peer, address } = upstream;
        log.warn({ peer, address, code: known.code, reason: known.message }, 'hub took no files');
        if (!isHubsFault(known)) throw known;
        upstream.breaker.failed();
        first ??= known;
      }
    }
    throw first ?? new BranchlineError('NOT_JOINED', 'there is no hub to send to: join one');
  }

  async #pushTo(
    upstream: PushTarget,
    found: readonly OutgoingFile[],
    report: RunReporter,
    signal: AbortSignal,
  ): Promise<void> {
    const { uploads } = upstream;
    const { files, table, clock } = this.#options;
    let ledger = table.ledgerOf(upstream.peer);
    let pending = this.#pending(upstream, found);
    let changes = 0;
    const sender = new SendLacking({ files, uploads, report, signal });
    // Nothing to send is one small question all the same: is it still the hub that acknowledged?
    for (let at = 0; at === 0 || at < pending.length;) {
      const page = ledger === undefined ? [] : pending.slice(at, at + maxOfferFiles);
      const answer = await uploads.offer(files.kind, page.map(offeredFile), signal);
      if (answer.ledger !== ledger) {
        // The first time, set up anew, or restored from an old copy: what it acknowledged under another id counts no more.
        changes += 1;
        if (changes > maxLedgerChanges) throw restless(upstream);
        ledger = answer.ledger;
        table.noteLedger(upstream.peer, ledger);
        pending = this.#pending(upstream, found);
        at = 0;
        if (pending.length === 0) return;
        continue;
      }
      const lacking = new Map(answer.lacking.map(({ index, from }) => [index, from]));
      const there = page.filter((_, index) => !lacking.has(index));
      if (there.length > 0) table.acknowledge(answer.ledger, there, clock.now());
      const missing = page.flatMap((file, index) => {
        const from = lacking.get(index);
        return from === undefined ? [] : [{ file, from }];
      });
      await sender.send(missing, (safe) => {
        table.acknowledge(answer.ledger, safe, clock.now());
      });
      at += Math.max(page.length, 1);
    }
  }

  /** Of records it is enough that one of the hubs of today has them; of backups, this hub. */
  #pending({ peer }: PushTarget, found: readonly OutgoingFile[]): OutgoingFile[] {
    const { table, files, eitherIsEnough, upstreams } = this.#options;
    const peers = eitherIsEnough ? upstreams.map((each) => each.peer) : [peer];
    const ledgers = peers.map((each) => table.ledgerOf(each)).filter((id) => id !== undefined);
    const known = table.acknowledged(files.kind, ledgers);
    return found.filter((file) => !known(file));
  }
}

const restless = ({ address }: PushTarget): BranchlineError =>
  new BranchlineError(
    'PEER_ANSWER_INVALID',
    `${address} names another ledger at each question; see its log, nothing was sent`,
  );

/** Without those whose names no hub takes; they are reported. */
function offerable(found: readonly OutgoingFile[], report: RunReporter): OutgoingFile[] {
  return found.filter((file) => {
    const refusal = whyNotOffered(file);
    if (refusal === undefined) return true;
    progressOf(report, file.name, file.size).ended('failed', refusal.code, refusal.message);
    return false;
  });
}
