import type { Assignments } from './assignments.ts';
import type { Findings, Subject } from './findings.ts';
import type { IniName } from './setting.ts';

/**
 * What the rules that look at several settings report to. A finding that involves a broken setting is left out:
 * it would only be a second complaint about the same mistake.
 */
export class RuleReport {
  readonly #assignments: Assignments;
  readonly #broken: ReadonlySet<IniName>;
  readonly #findings: Findings;

  constructor(assignments: Assignments, broken: ReadonlySet<IniName>, findings: Findings) {
    this.#assignments = assignments;
    this.#broken = broken;
    this.#findings = findings;
  }

  /** True when somebody has set it, to a value that can be used. */
  isSet(ini: IniName): boolean {
    return this.#assignments.has(ini) && !this.#broken.has(ini);
  }

  fault(about: IniName, message: string, ...involved: readonly IniName[]): void {
    if (this.#sound(about, involved)) this.#findings.fault(this.subject(about), message);
  }

  warn(about: IniName, message: string, ...involved: readonly IniName[]): void {
    if (this.#sound(about, involved)) this.#findings.warn(this.subject(about), message);
  }

  /** The setting in the words of whoever set it. */
  subject(ini: IniName): Subject {
    const assignment = this.#assignments.get(ini);
    if (assignment !== undefined) return assignment;
    const slash = ini.indexOf('/');
    return {
      section: ini.slice(0, slash),
      key: ini.slice(slash + 1),
      source: { from: 'default' },
    };
  }

  #sound(about: IniName, involved: readonly IniName[]): boolean {
    return ![about, ...involved].some((ini) => this.#broken.has(ini));
  }
}
