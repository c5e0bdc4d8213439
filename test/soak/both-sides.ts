import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../faults/dice.ts';
import type { TimedName } from './handset.ts';
import type { PairWorld } from './pair-world.ts';
import { WebPhone } from './web-phone.ts';

/** One extension that saves at both of a pair while they cannot talk: both have to be kept. */
export class BothSides {
  readonly saved: TimedName[] = [];
  readonly #world: PairWorld;
  readonly #dice: Dice;
  readonly #phone = new WebPhone({ from: '192.0.2.3', agent: 'AVAYA/J169-4.0' });
  /** Splits in which both were acknowledged. */
  both = 0;

  constructor(world: PairWorld, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  /** One after the other, so that it is known which is the later. */
  async save(): Promise<void> {
    const extension = `9${String(this.saved.length).padStart(4, '0')}`;
    const base = `${extension}_96xxdata.txt`;
    const entry: TimedName = { name: `HTTPbackup/${base}`, attempts: [] };
    this.saved.push(entry);
    await sleep(500);
    let acknowledged = 0;
    for (const { site } of this.#world.pair) {
      const bytes = this.#dice.bytes(500);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const attempt = { sha256, acknowledged: false, at: Date.now() };
      entry.attempts.push(attempt);
      const url = `http://${site.machine.address}/${base}`;
      attempt.acknowledged = await this.#phone.put(url, bytes).catch(() => false);
      if (attempt.acknowledged) acknowledged += 1;
      await sleep(50);
    }
    if (acknowledged === 2) this.both += 1;
  }
}
