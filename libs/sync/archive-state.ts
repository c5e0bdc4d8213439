import type { Journal } from '#libs/journal';

/** The archive made last. */
export interface ArchiveMade {
  /** Stands for the files and the day that it was made of; empty when it is to be made again. */
  readonly content: string;
  /** `Thu_FTParchive.zip` */
  readonly name: string;
  /** Unix milliseconds. */
  readonly madeAt: number;
  readonly files: number;
  /** Of the zip: bytes and SHA-256. */
  readonly size: number;
  readonly sha256: string;
}

/** The month of the last look, `2026-11`, by the clock on the wall. */
export interface MonthSeen {
  readonly month: string;
}

/** The archive that a customer's server got last. */
export interface ArchiveSent {
  readonly server: string;
  readonly name: string;
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly sentAt: number;
}

/** One small fact about archives that survives a restart. */
export class ArchiveState<T extends object> {
  readonly #journal: Pick<Journal, 'fact' | 'setFact'>;
  readonly #key: string;

  constructor(
    journal: Pick<Journal, 'fact' | 'setFact'>,
    key: 'archive made' | 'archive month' | 'archive sent',
  ) {
    this.#journal = journal;
    this.#key = key;
  }

  read(is: (value: object) => value is T): T | undefined {
    const value: unknown = JSON.parse(this.#journal.fact(this.#key) ?? 'null');
    return typeof value === 'object' && value !== null && is(value) ? value : undefined;
  }

  write(value: T): void {
    this.#journal.setFact(this.#key, JSON.stringify(value));
  }
}

const has = (value: object, kinds: Readonly<Record<string, 'string' | 'number'>>): boolean => {
  const all = new Map<string, unknown>(Object.entries(value));
  return Object.entries(kinds).every(([key, kind]) => typeof all.get(key) === kind);
};

export const isArchiveMade = (value: object): value is ArchiveMade =>
  has(value, {
    ...{ content: 'string', name: 'string', sha256: 'string' },
    ...{ madeAt: 'number', files: 'number', size: 'number' },
  });

export const isArchiveSent = (value: object): value is ArchiveSent =>
  has(value, { server: 'string', name: 'string', sha256: 'string', sentAt: 'number' });

export const isMonthSeen = (value: object): value is MonthSeen => has(value, { month: 'string' });
