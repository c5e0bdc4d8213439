import type { Sample } from './samples.ts';

/** A fault, to be marked. */
export interface Mark {
  readonly seconds: number;
  readonly kind: string;
}

const [width, panel, left, top, gap] = [960, 240, 60, 40, 50];
const right = width - 20;
const colours = ['#0b62a4', '#c2410c', '#15803d', '#7e22ce', '#a16207', '#be123c'];

/** Resident memory and open files of every server over time, as SVG: a line ends where its process ended. */
export function plotOf(samples: readonly Sample[], marks: readonly Mark[], title: string): string {
  const servers = [...new Set(samples.map(({ server }) => server))];
  const end = Math.max(60, ...samples.map(({ seconds }) => seconds));
  const x = (seconds: number): number => left + ((right - left) * seconds) / end;
  const panels = [
    { name: 'resident memory, MB', value: (one: Sample) => one.residentKB / 1024 },
    { name: 'open file descriptors', value: (one: Sample) => one.files },
  ];
  const body = panels.map(({ name, value }, at) => {
    const bottom = top + panel * (at + 1) + gap * at;
    const most = ceiling(Math.max(1, ...samples.map(value)));
    const y = (figure: number): number => bottom - (panel * figure) / most;
    const lines = [0, 0.25, 0.5, 0.75, 1].map((share) => {
      const height = y(most * share).toFixed(1);
      return (
        `<line class="grid" x1="${left}" x2="${right}" y1="${height}" y2="${height}"/>` +
        `<text class="tick" text-anchor="end" x="${left - 6}" y="${Number(height) + 4}">${most * share}</text>`
      );
    });
    const faults = marks.map(
      ({ seconds, kind }) =>
        `<line class="fault" x1="${x(seconds).toFixed(1)}" x2="${x(seconds).toFixed(1)}" y1="${bottom}" y2="${bottom + 5}"><title>${kind}</title></line>`,
    );
    const curves = servers.flatMap((server, n) =>
      livesOf(samples, server).map((life) => {
        const points = life.map(
          (one) => `${x(one.seconds).toFixed(1)},${y(value(one)).toFixed(1)}`,
        );
        return `<polyline fill="none" stroke="${colours[n % colours.length] ?? ''}" points="${points.join(' ')}"/>`;
      }),
    );
    return [
      `<text class="name" x="${left}" y="${bottom - panel - 8}">${name}</text>`,
      ...[...lines, ...faults, ...curves],
    ].join('\n');
  });
  const bottom = top + panel * 2 + gap;
  const step = end > 1_200 ? 600 : 60;
  const minutes = Array.from({ length: Math.floor(end / step) + 1 }, (_, n) => n * step).map(
    (seconds) =>
      `<text class="tick" text-anchor="middle" x="${x(seconds).toFixed(1)}" y="${bottom + 20}">${seconds / 60} min</text>`,
  );
  const legend = servers.map(
    (server, n) =>
      `<text class="name" style="fill: ${colours[n % colours.length] ?? ''}" x="${left + n * 90}" y="${bottom + 42}">${server}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 56}" role="img" aria-label="${title}">
<style>
text { font: 12px sans-serif } .name { font-weight: bold; fill: #222 } .tick { fill: #555 }
.grid { stroke: #ddd } .fault { stroke: #888 } polyline { stroke-width: 1.3 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
${[...body, ...minutes, ...legend].join('\n')}
</svg>
`;
}

function livesOf(samples: readonly Sample[], server: string): Sample[][] {
  const lives = new Map<number, Sample[]>();
  for (const sample of samples.filter((one) => one.server === server)) {
    const life = lives.get(sample.pid) ?? [];
    life.push(sample);
    lives.set(sample.pid, life);
  }
  return [...lives.values()];
}

/** The next round figure. */
function ceiling(most: number): number {
  const size = 10 ** Math.floor(Math.log10(most));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((each) => each * size >= most) ?? 10;
  return step * size;
}
