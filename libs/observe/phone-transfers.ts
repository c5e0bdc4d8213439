/** The servers that telephones talk to. */
export const phoneProtocols = ['tftp', 'http', 'https', 'ftp', 'ftps'] as const;
export type PhoneProtocol = (typeof phoneProtocols)[number];

/** What a telephone does with a file here: it fetches it, saves it, or has it removed. */
export const transferDirections = ['download', 'upload', 'removal'] as const;
export type TransferDirection = (typeof transferDirections)[number];

/** done: every byte went over, and an upload is safe; failed: cut short; refused: answered with a refusal. */
export const transferOutcomes = ['done', 'failed', 'refused'] as const;
export type TransferOutcome = (typeof transferOutcomes)[number];

/** What one protocol has done in one direction since the start. */
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
  readonly #tallies = new Map<PhoneProtocol, Record<TransferDirection, TransferTally>>(
    phoneProtocols.map((protocol) => [
      protocol,
      { download: nothing(), upload: nothing(), removal: nothing() },
    ]),
  );

  started(protocol: PhoneProtocol, direction: TransferDirection = 'download'): void {
    this.of(protocol, direction).active += 1;
  }

  /** End of a transfer that was announced by `started`. */
  ended(
    protocol: PhoneProtocol,
    outcome: TransferOutcome,
    bytes: number,
    direction: TransferDirection = 'download',
  ): void {
    this.of(protocol, direction).active -= 1;
    this.count(protocol, outcome, bytes, direction);
  }

  /** A transfer or refusal that was not announced. */
  count(
    protocol: PhoneProtocol,
    outcome: TransferOutcome,
    bytes = 0,
    direction: TransferDirection = 'download',
  ): void {
    const tally = this.of(protocol, direction);
    tally[outcome] += 1;
    tally.bytes += bytes;
  }

  of(protocol: PhoneProtocol, direction: TransferDirection = 'download'): TransferTally {
    return this.#tallies.get(protocol)?.[direction] ?? nothing();
  }

  list(): readonly (TransferTally & { protocol: PhoneProtocol; direction: TransferDirection })[] {
    return [...this.#tallies].flatMap(([protocol, tallies]) =>
      transferDirections.map((direction) => ({ protocol, direction, ...tallies[direction] })),
    );
  }
}

function nothing(): TransferTally {
  return { done: 0, failed: 0, refused: 0, bytes: 0, active: 0 };
}
