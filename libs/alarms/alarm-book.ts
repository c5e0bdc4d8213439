import type { AlarmRecord, AlarmsTable } from '#libs/journal';
import type { Finding } from '#libs/pages';
import {
  conditionNames,
  conditions,
  isConditionName,
  type Condition,
  type ConditionName,
} from './conditions.ts';
import type { Facts } from './facts.ts';

/** What one look has changed. */
export interface Changes {
  readonly raised: readonly AlarmRecord[];
  readonly cleared: readonly AlarmRecord[];
}

/** Alarms at a time: two thousand branches in one trouble, and something for the others. */
const maxActive = 2_500;

/**
 * Raises each alarm once and ends it once. A trouble has to last before it is raised, and to be gone for a while before it is over;
 * within the margin between the two nothing changes. What is raised is on the disk: a restart neither raises it again nor forgets it.
 */
export class AlarmBook {
  readonly #table: AlarmsTable;
  readonly #limit: number;
  readonly #active = new Map<string, AlarmRecord>();
  /** Unix milliseconds since when a trouble is seen that is not raised yet, and since when one that is raised is gone. */
  readonly #seen = new Map<string, number>();
  readonly #gone = new Map<string, number>();

  constructor(table: AlarmsTable, limit = maxActive) {
    this.#table = table;
    this.#limit = limit;
  }

  /** Read what was raised before. A kind that another version knew ends in silence. */
  open(now: number): void {
    this.#active.clear();
    for (const alarm of this.#table.active()) {
      if (isConditionName(alarm.condition)) this.#active.set(keyOf(alarm), alarm);
      else this.#table.retire(alarm.id, now);
    }
  }

  /** Oldest first, in the words of the last look. */
  active(): readonly AlarmRecord[] {
    return [...this.#active.values()];
  }

  /** One look at everything, at `now` in Unix milliseconds. The caller makes it one transaction. */
  look(facts: Facts, now: number): Changes {
    const raised: AlarmRecord[] = [];
    const cleared: AlarmRecord[] = [];
    for (const name of conditionNames) {
      const condition: Condition = conditions[name];
      const findings = condition.look(facts);
      if (findings === undefined) continue;
      const byAbout = new Map(findings.map((finding) => [finding.about, finding]));
      for (const finding of byAbout.values()) {
        const alarm = this.#meet(name, condition, finding, now);
        if (alarm !== undefined) raised.push(alarm);
      }
      cleared.push(...this.#missed(name, condition, byAbout, now));
    }
    return { raised, cleared };
  }

  #meet(
    name: ConditionName,
    { severity, raiseS }: Condition,
    finding: Finding,
    now: number,
  ): AlarmRecord | undefined {
    const { about, near, what, advice, code } = finding;
    const key = keyOf({ condition: name, about });
    const known = this.#active.get(key);
    if (known !== undefined) {
      this.#gone.delete(key);
      if (near !== true) this.#active.set(key, { ...known, what, advice, code });
      return undefined;
    }
    if (near === true) {
      this.#seen.delete(key);
      return undefined;
    }
    const since = this.#seen.get(key) ?? now;
    this.#seen.set(key, since);
    if (now - since < raiseS * 1_000 || this.#active.size >= this.#limit) return undefined;
    const alarm = this.#table.raise({
      ...{ condition: name, about, severity, what, advice, code },
      ...{ since, raisedAt: now },
    });
    this.#seen.delete(key);
    this.#active.set(key, alarm);
    return alarm;
  }

  /** Those of one condition that this look has not met. */
  #missed(
    name: ConditionName,
    { clearS }: Condition,
    met: ReadonlyMap<string, Finding>,
    now: number,
  ): AlarmRecord[] {
    for (const key of this.#seen.keys()) {
      const { condition, about } = partsOf(key);
      if (condition === name && !met.has(about)) this.#seen.delete(key);
    }
    const cleared: AlarmRecord[] = [];
    for (const [key, alarm] of this.#active) {
      if (alarm.condition !== name || met.has(alarm.about)) continue;
      const since = this.#gone.get(key) ?? now;
      this.#gone.set(key, since);
      if (now - since < clearS * 1_000) continue;
      this.#table.clear(alarm.id, now);
      this.#gone.delete(key);
      this.#active.delete(key);
      cleared.push({ ...alarm, clearedAt: now });
    }
    return cleared;
  }
}

const keyOf = ({ condition, about }: { condition: string; about: string }): string =>
  `${condition} ${about}`;

function partsOf(key: string): { condition: string; about: string } {
  const space = key.indexOf(' ');
  return { condition: key.slice(0, space), about: key.slice(space + 1) };
}
