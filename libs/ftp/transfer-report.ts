import type { BranchlineError } from '#libs/errors';
import type { Session } from './session.ts';

/** What becomes of one transfer, for the log and the metrics. */
export class TransferReport {
  name: string;
  bytes = 0;
  readonly #session: Session;
  readonly #direction: 'sent' | 'stored';
  readonly #startedAt = performance.now();

  constructor(session: Session, direction: 'sent' | 'stored', name: string) {
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
    const { name, bytes } = this;
    const ms = Math.round(performance.now() - this.#startedAt);
    const coded = error === undefined ? {} : { code: error.code };
    const why = error === undefined ? {} : { ...coded, reason: error.message };
    context.log.info(
      { phone: address, file: name, bytes, ms, outcome, ...why },
      outcome === 'done' ? `file ${this.#direction}` : messages[outcome],
    );
    const server = secured ? 'ftps' : 'ftp';
    context.onTransfer({ kind: 'transfer', server, address, name, bytes, ms, outcome, ...coded });
  }
}

const cuts = new Set(['PHONE_SILENT', 'PHONE_STOPPED']);
const messages = { failed: 'file cut short', refused: 'file refused' } as const;
