/** How wide buckets are, in seconds, and for how many days each width is kept. */
export const historySteps = [
  { step: 300, keptDays: 2 },
  { step: 3_600, keptDays: 60 },
  { step: 86_400, keptDays: 731 },
] as const;

export type HistoryStep = (typeof historySteps)[number]['step'];

const dayS = 86_400;

/** Start of the bucket in which a moment lies: both in Unix seconds. Days begin at the server's midnight. */
export function bucketOf(step: HistoryStep, seconds: number): number {
  if (step !== dayS) return Math.floor(seconds / step) * step;
  return Math.floor(new Date(seconds * 1_000).setHours(0, 0, 0, 0) / 1_000);
}

/** Start of the bucket after the one that starts at `start`: a day may have 23 or 25 hours. */
export function bucketAfter(step: HistoryStep, start: number): number {
  if (step !== dayS) return start + step;
  return bucketOf(step, start + dayS + dayS / 2);
}

/** Starts of the buckets from the one that holds `from` to before `to`, at most `limit`. */
export function bucketsBetween(
  step: HistoryStep,
  from: number,
  to: number,
  limit: number,
): number[] {
  const starts: number[] = [];
  for (let at = bucketOf(step, from); at < to && starts.length < limit; at = bucketAfter(step, at))
    starts.push(at);
  return starts;
}

/** The finest step that still has what began at `from` and stays within `limit` buckets. Unix seconds. */
export function stepFor(from: number, to: number, now: number, limit: number): HistoryStep {
  const fine = historySteps.find(
    ({ step, keptDays }) => from >= now - keptDays * dayS && (to - from) / step <= limit,
  );
  return fine?.step ?? dayS;
}

/** Before this, buckets of a step are given up. Unix seconds. */
export function keptSince(step: HistoryStep, now: number): number {
  const days = historySteps.find((each) => each.step === step)?.keptDays ?? 0;
  return now - days * dayS - step;
}
