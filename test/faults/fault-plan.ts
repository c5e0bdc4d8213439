import { Dice } from './dice.ts';
import { phases, type Phase } from './moments.ts';
import type { Role } from './victim.ts';

/** One fault. Times in milliseconds. */
export type Fault =
  | {
      readonly kind: 'kill';
      readonly phase: Phase;
      readonly role: Role;
      /** Which of the branches. */
      readonly branch: number;
      readonly delayMs: number;
      /** How long it stays away. */
      readonly awayMs: number;
    }
  | { readonly kind: 'cut'; readonly branch: number; readonly hub: 'hub' | 'spare' }
  | { readonly kind: 'freeze' | 'slow'; readonly branch: number; readonly forMs: number }
  | { readonly kind: 'full disk'; readonly forMs: number }
  | {
      readonly kind: 'clock';
      readonly role: Role;
      readonly branch: number;
      readonly bySeconds: number;
    };

export interface FaultPlanOptions {
  readonly seed: number;
  readonly kills: number;
  readonly branches: number;
}

/** Whom to kill at a point of a flow: both ends of it. */
const ends: Readonly<Record<Phase, readonly [Role, ...Role[]]>> = {
  start: ['hub', 'branch', 'spare'],
  save: ['branch'],
  offer: ['hub', 'branch', 'spare'],
  body: ['hub', 'branch'],
  rename: ['hub', 'branch'],
  commit: ['hub', 'branch'],
  acknowledge: ['hub', 'branch'],
  deliver: ['hub'],
  restore: ['branch', 'hub'],
  any: ['hub', 'branch', 'spare'],
};

/** All faults of a run, in their order, drawn from the seed: the same seed is the same plan. */
export function faultPlan({ seed, kills, branches }: FaultPlanOptions): Fault[] {
  const dice = new Dice(seed);
  const plan: Fault[] = [];
  const branch = (): number => dice.whole(0, branches - 1);
  const clock = (): Fault => ({
    ...{ kind: 'clock', role: dice.pick(['hub', 'branch', 'spare']), branch: branch() },
    bySeconds: dice.pick([-5400, -600, -7, 7, 600, 5400]),
  });
  for (let killed = 0; killed < kills; killed += 1) {
    const phase = phases[killed % phases.length] ?? 'any';
    plan.push({
      ...{ kind: 'kill', phase, role: dice.pick(ends[phase]), branch: branch() },
      delayMs: dice.chance(0.5) ? 0 : dice.whole(0, phase === 'start' ? 900 : 12),
      // Now and then a hub is away for so long that the other one takes over.
      awayMs: dice.chance(0.08) ? dice.whole(1_500, 4_000) : dice.whole(0, 250),
    });
    const chance = dice.next();
    if (chance < 0.15)
      plan.push({ kind: 'cut', branch: branch(), hub: dice.pick(['hub', 'spare']) });
    else if (chance < 0.2)
      plan.push({ kind: 'freeze', branch: branch(), forMs: dice.whole(200, 2_000) });
    else if (chance < 0.25)
      plan.push({ kind: 'slow', branch: branch(), forMs: dice.whole(300, 1_500) });
    else if (chance < 0.3) plan.push({ kind: 'full disk', forMs: dice.whole(300, 2_000) });
    else if (chance < 0.35) plan.push(clock());
  }
  return plan;
}
