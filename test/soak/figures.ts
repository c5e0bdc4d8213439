import type { Sample } from './samples.ts';

/** Some of many figures. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly max: number;
}

/** Zeros when there are none; rounded to `digits`. */
export function spreadOf(figures: readonly number[], digits = 0): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const round = (value = 0): number => Number(value.toFixed(digits));
  const p50 = round(sorted[Math.floor((sorted.length - 1) / 2)]);
  return { count: sorted.length, p50, max: round(sorted.at(-1)) };
}

/** One life of a server, from its first sample to its last. */
export interface Life {
  readonly server: string;
  readonly minutes: number;
  readonly residentMB: readonly [first: number, last: number, most: number];
  /** What its memory grew by in an hour, after its first five minutes, by the line through all samples. */
  readonly growthMBPerHour: number;
  readonly files: readonly [first: number, last: number, most: number];
}

/** Lives of ten minutes and more: a shorter one has not come to rest. */
export function longLives(samples: readonly Sample[]): Life[] {
  const byLife = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.server} ${sample.pid}`;
    const life = byLife.get(key) ?? [];
    life.push(sample);
    byLife.set(key, life);
  }
  return [...byLife.values()]
    .map((life) => lifeOf(life))
    .filter(({ minutes }) => minutes >= 10)
    .toSorted((a, b) => b.minutes - a.minutes);
}

function lifeOf(life: readonly Sample[]): Life {
  const began = life[0]?.seconds ?? 0;
  const range = (values: readonly number[]): [number, number, number] => [
    Math.round(values[0] ?? 0),
    Math.round(values.at(-1) ?? 0),
    Math.round(Math.max(...values)),
  ];
  const settled = life.filter(({ seconds }) => seconds - began >= 300);
  return {
    server: life[0]?.server ?? '',
    minutes: Math.round(((life.at(-1)?.seconds ?? 0) - began) / 60),
    residentMB: range(life.map(({ residentKB }) => residentKB / 1024)),
    growthMBPerHour: Math.round(
      slope(settled.map(({ seconds, residentKB }) => [seconds / 3600, residentKB / 1024])),
    ),
    files: range(life.map(({ files }) => files)),
  };
}

/** Of the line of least squares through the points. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[at], 0) / Math.max(1, points.length);
  const [x, y] = [mean(0), mean(1)];
  const across = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const along = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return across === 0 ? 0 : along / across;
}
