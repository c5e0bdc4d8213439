import { isOwnCheck } from '#libs/delivery';
import { asBranchlineError, type BranchlineError } from '#libs/errors';
import type { TransferDirection } from '#libs/observe';
import { refusePlan } from './farewell.ts';
import type { Session } from './session.ts';
import { printPath, type VirtualPath } from './virtual-path.ts';

/** What becomes of one transfer, for the log and the metrics. */
export class TransferReport {
  name: string;
  bytes = 0;
  /** Of what was stored. */
  sha256: string | undefined;
  readonly #session: Session;
  readonly #direction: TransferDirection;
  readonly #startedAt = performance.now();

  constructor(session: Session, direction: TransferDirection, name: string) {
    this.#session = session;
    this.#direction = direction;
    this.name = name;
  }

  done(): void {
    this.#report('done', undefined);
  }

  /** Refused when nothing had begun, else cut short. */
  failed(error: BranchlineError): void {
    const refused = error.meaning.fault === 'phone' && this.bytes === 0 && !cuts.has(error.code);
    this.#report(refused ? 'refused' : 'failed', error);
  }

  #report(outcome: 'done' | 'failed' | 'refused', error: BranchlineError | undefined): void {
    const { address, secured, context } = this.#session;
    const { name, bytes, sha256 } = this;
    const ms = Math.round(performance.now() - this.#startedAt);
    const coded = error === undefined ? {} : { code: error.code };
    const why = error === undefined ? {} : { ...coded, reason: error.message };
    context.log[isOwnCheck(address, name) ? 'debug' : 'info'](
      { phone: address, file: name, bytes, ms, outcome, ...why },
      outcome === 'done' ? doneMessages[this.#direction] : messages[outcome],
    );
    const server = secured ? 'ftps' : 'ftp';
    const direction = this.#direction;
    context.onTransfer({
      ...{ kind: 'transfer', server, direction, address, name, bytes, ms, outcome },
      sha256,
      ...coded,
    });
  }
}

const cuts = new Set(['PHONE_SILENT', 'PHONE_STOPPED']);
const doneMessages = {
  download: 'file sent',
  upload: 'file stored',
  removal: 'file removed',
} as const;
const messages = { failed: 'file cut short', refused: 'file refused' } as const;

/** Every transfer leaves a line in the log and a count in the metrics, however it ends. */
export async function reported(
  session: Session,
  direction: TransferDirection,
  path: VirtualPath,
  work: (report: TransferReport) => Promise<void>,
): Promise<void> {
  const report = new TransferReport(session, direction, printPath(path).slice(1, 201));
  try {
    await work(report);
    report.done();
  } catch (thrown) {
    refusePlan(session);
    const error = asBranchlineError(thrown);
    report.failed(error);
    throw error;
  }
}
