import { Type, type Static } from 'typebox';

const limit = Type.Object({
  kind: Type.Union([Type.Literal('at most'), Type.Literal('at least')]),
  value: Type.Number(),
});

const figure = Type.Object({
  label: Type.String(),
  value: Type.Number(),
  unit: Type.String(),
  /** A promise about the figure itself, such as a 99th percentile. */
  limit: Type.Optional(limit),
});

const ratio = Type.Object({
  label: Type.String(),
  ours: Type.Number(),
  peer: Type.Number(),
  /** ours / peer. */
  value: Type.Number(),
  target: Type.Number(),
  met: Type.Boolean(),
});

/** What one benchmark measured, in one run on one machine. */
export const benchResult = Type.Object({
  title: Type.String(),
  /** What the peer ran, for whoever repeats it by hand. */
  command: Type.String(),
  figures: Type.Array(figure),
  ratio: Type.Optional(ratio),
});

export type Limit = Static<typeof limit>;
export type Figure = Static<typeof figure>;
export type Ratio = Static<typeof ratio>;
export type BenchResult = Static<typeof benchResult>;

/** What a `*.bench.ts` exports: `name` and `run`. It runs in a process of its own. */
export interface Bench {
  readonly name: string;
  /** Parts that can be measured alone, by `npm run bench -- NAME PART`. */
  readonly caseNames?: readonly string[];
  readonly run: (wanted?: readonly string[]) => Promise<BenchResult | readonly BenchResult[]>;
}

/** Ours against the peer's, in the same unit; the target is met when the quotient is at most `target`. */
export function ratioOf(label: string, ours: number, peer: number, target: number): Ratio {
  const value = ours / peer;
  return { label, ours, peer, value, target, met: value <= target };
}

/** Whether a figure keeps its limit; true without one. */
export function isKept({ value, limit: bound }: Figure): boolean {
  if (bound === undefined) return true;
  return bound.kind === 'at most' ? value <= bound.value : value >= bound.value;
}
