/** The servers that telephones talk to. */
export const phoneProtocols = ['tftp', 'http', 'https', 'ftp', 'ftps'] as const;
export type PhoneProtocol = (typeof phoneProtocols)[number];

/** done: every byte went out; failed: cut short; refused: answered with a refusal. */
export const transferOutcomes = ['done', 'failed', 'refused'] as const;
export type TransferOutcome = (typeof transferOutcomes)[number];

/** What one protocol has done since the start. */
export interface TransferTally {
  done: number;
  failed: number;
  refused: number;
  /** Bytes of file content, failed transfers included. */
  bytes: number;
  /** Going on now. */
  active: number;
}

/** Counts the transfers of the phone servers: one place behind the page and /metrics. */
export class PhoneTransfers {
  readonly #tallies = new Map<PhoneProtocol, TransferTally>(
    phoneProtocols.map((protocol) => [
      protocol,
      { done: 0, failed: 0, refused: 0, bytes: 0, active: 0 },
    ]),
  );

  started(protocol: PhoneProtocol): void {
    this.of(protocol).active += 1;
  }

  /** End of a transfer that was announced by `started`. */
  ended(protocol: PhoneProtocol, outcome: TransferOutcome, bytes: number): void {
    this.of(protocol).active -= 1;
    this.count(protocol, outcome, bytes);
  }

  /** A transfer or refusal that was not announced. */
  count(protocol: PhoneProtocol, outcome: TransferOutcome, bytes = 0): void {
    const tally = this.of(protocol);
    tally[outcome] += 1;
    tally.bytes += bytes;
  }

  of(protocol: PhoneProtocol): TransferTally {
    let tally = this.#tallies.get(protocol);
    if (tally === undefined) {
      tally = { done: 0, failed: 0, refused: 0, bytes: 0, active: 0 };
      this.#tallies.set(protocol, tally);
    }
    return tally;
  }

  list(): readonly (TransferTally & { protocol: PhoneProtocol })[] {
    return [...this.#tallies].map(([protocol, tally]) => ({ protocol, ...tally }));
  }
}
