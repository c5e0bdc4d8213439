import { Dice } from '../faults/dice.ts';

export const faultKinds = [
  'kill',
  'clean restart',
  'hung server',
  'hung machine',
  'keepalived stopped',
  'cable pulled',
  'split',
  'slow line',
  'full disk',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Whom it strikes: the one of the pair that has the address, the other one, or a branch. */
export type FaultTarget = 'active' | 'standby' | number;

export interface PairFault {
  readonly kind: FaultKind;
  readonly target: FaultTarget;
  /** Until it is taken back, in milliseconds. */
  readonly forMs: number;
}

export interface PairPlanOptions {
  readonly seed: number;
  readonly faults: number;
  readonly branches: number;
  /** A kind to be tried alone; '' for all. */
  readonly only?: string;
}

/** What may happen to a branch, which shares its address with nobody. */
const ofBranches: readonly [FaultKind, ...FaultKind[]] = [
  'kill',
  'kill',
  'clean restart',
  'hung server',
  'cable pulled',
  'slow line',
];
const ofPair: readonly [FaultKind, ...FaultKind[]] = [
  ...faultKinds,
  'kill',
  'kill',
  'split',
  'cable pulled',
];

/** All faults of a run, in their order: the same seed is the same plan. Three of four strike the pair. */
export function pairPlan({ seed, faults, branches, only = '' }: PairPlanOptions): PairFault[] {
  const dice = new Dice(seed);
  const alone = faultKinds.find((kind) => kind === only);
  return Array.from({ length: faults }, () => {
    const atBranch = alone === undefined && dice.chance(0.25);
    const kind = alone ?? dice.pick(atBranch ? ofBranches : ofPair);
    const target: FaultTarget = atBranch
      ? dice.whole(0, branches - 1)
      : dice.pick(['active', 'standby']);
    return { kind, target, forMs: dice.whole(...lengthOf(kind)) };
  });
}

function lengthOf(kind: FaultKind): [from: number, to: number] {
  switch (kind) {
    case 'kill':
      return [500, 8_000];
    case 'clean restart':
      return [0, 2_000];
    case 'split':
      return [8_000, 12_000];
    case 'hung server':
    case 'hung machine':
    case 'full disk':
      return [10_000, 10_000];
    case 'keepalived stopped':
    case 'cable pulled':
    case 'slow line':
      return [5_000, 10_000];
  }
}
