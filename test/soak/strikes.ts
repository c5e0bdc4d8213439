import { setTimeout as sleep } from 'node:timers/promises';
import { fillDisk } from '../faults/world.ts';
import type { FaultKind, PairFault } from './pair-plan.ts';
import type { PairPlace, PairWorld, Place } from './pair-world.ts';

/** What a fault struck, once it is known who had the address. */
export interface Aim {
  readonly kind: FaultKind;
  readonly place: Place;
  /** Undefined at a branch. */
  readonly ofPair: PairPlace | undefined;
  readonly forMs: number;
}

export class Strikes {
  readonly #world: PairWorld;
  readonly #killed: (place: Place) => void;
  readonly #faults: string[];

  /** `killed` is told of each server that has just been killed; `faults` get what must not be. */
  constructor(world: PairWorld, killed: (place: Place) => void, faults: string[]) {
    this.#world = world;
    this.#killed = killed;
    this.#faults = faults;
  }

  /** `spared` is never ended, so that one life can be seen from beginning to end. */
  async aim({ kind, target, forMs }: PairFault, spared: readonly Place[]): Promise<Aim> {
    const { pair, branches } = this.#world;
    const ofPair = typeof target === 'number' ? undefined : await this.#ofPair(kind, target);
    const place = ofPair ?? branches[Number(target)];
    if (place === undefined) throw new Error(`there is no branch ${target}`);
    const ends = kind === 'kill' || kind === 'clean restart';
    if (!ends || !spared.includes(place)) return { kind, place, ofPair, forMs };
    if (ofPair === undefined)
      return { kind: 'hung server', place, ofPair, forMs: Math.max(3_000, forMs) };
    const other = pair[0] === ofPair ? pair[1] : pair[0];
    return { kind, place: other, ofPair: other, forMs };
  }

  /** Strike, and take it back after its time. */
  async strike(aim: Aim): Promise<void> {
    const { kind, place, ofPair, forMs } = aim;
    const { victim, site } = place;
    switch (kind) {
      case 'kill':
        this.#killed(place);
        await victim.kill();
        await sleep(forMs);
        victim.start();
        return;
      case 'clean restart': {
        const code = await victim.stop();
        if (code !== 0) this.#faults.push(`${victim.name} ended with ${String(code)} at SIGTERM`);
        await sleep(forMs);
        victim.start();
        return;
      }
      case 'hung server':
        victim.hang();
        await sleep(forMs);
        victim.goOn();
        return;
      case 'hung machine':
        victim.hang();
        ofPair?.keepalived.hang();
        await sleep(forMs);
        ofPair?.keepalived.goOn();
        victim.goOn();
        return;
      case 'keepalived stopped':
        await ofPair?.keepalived.stop();
        await sleep(forMs);
        ofPair?.keepalived.start();
        return;
      case 'cable pulled':
        await site.machine.cable('down');
        await sleep(forMs);
        await site.machine.cable('up');
        return;
      case 'split':
        await this.#isolated('on');
        await sleep(forMs);
        await this.#isolated('off');
        return;
      case 'slow line':
        await site.machine.slowed(2_000);
        await sleep(forMs);
        await site.machine.slowed(undefined);
        return;
      case 'full disk':
        await fillDisk(site.folder, forMs, this.#world.diskMB);
    }
  }

  async #isolated(state: 'on' | 'off'): Promise<void> {
    for (const { site } of this.#world.pair) await site.machine.isolated(state);
  }

  async #ofPair(kind: FaultKind, target: 'active' | 'standby'): Promise<PairPlace> {
    const [first, second] = this.#world.pair;
    // Only the second has a disk that can be filled.
    if (kind === 'full disk') return second;
    const firstIsActive = await first.keepalived.holdsAddress();
    return firstIsActive === (target === 'active') ? first : second;
  }
}
