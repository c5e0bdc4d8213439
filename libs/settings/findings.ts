import { sourcePlace, type SettingsFault, type Source } from './settings-error.ts';

/** What a finding is about, in the words of whoever wrote it. */
export interface Subject {
  readonly section: string;
  readonly key: string;
  readonly source: Source;
}

/** Collects everything that is wrong and everything worth knowing, so that both are told at once. */
export class Findings {
  readonly #faults: SettingsFault[] = [];
  readonly #warnings: SettingsFault[] = [];

  /** The settings cannot be used. */
  fault(subject: Subject, message: string): void {
    this.#faults.push(asFault(subject, message));
  }

  /** The settings can be used, but perhaps not as the operator thinks. */
  warn(subject: Subject, message: string): void {
    this.#warnings.push(asFault(subject, message));
  }

  get faults(): SettingsFault[] {
    return this.#faults.toSorted(byLine);
  }

  get warnings(): SettingsFault[] {
    return this.#warnings.toSorted(byLine);
  }
}

function asFault({ section, key, source }: Subject, message: string): SettingsFault {
  return { ...sourcePlace(source), section, key, message };
}

const byLine = (one: SettingsFault, other: SettingsFault): number =>
  (one.line ?? Number.MAX_SAFE_INTEGER) - (other.line ?? Number.MAX_SAFE_INTEGER);
