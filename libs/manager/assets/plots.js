// Draws what the tables say, finer: without this script the tables are all there is.

const place = document.querySelector('[data-plots]');
const { default: uPlot } = await import(place.dataset.library);
for (const href of place.dataset.sheets.split(' ')) {
  const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  document.head.append(sheet);
  await new Promise((resolve) => {
    sheet.addEventListener('load', resolve, { once: true });
    sheet.addEventListener('error', resolve, { once: true });
  });
}

const lines = 8;
const height = 210;
const plots = new Map();
const digits = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#808080';

/** 1234567 as "1.2 MB", 90000 ms as "1.5 min". */
function text(value, unit) {
  if (value === null || value === undefined) return '–';
  if (unit === 'bytes') {
    const step = Math.min(4, Math.floor(Math.log10(Math.max(value, 1)) / 3));
    const share = value / 1000 ** step;
    return `${share < 10 && step > 0 ? share.toFixed(1) : Math.round(share)} ${['B', 'kB', 'MB', 'GB', 'TB'][step]}`;
  }
  if (unit === 'ms') {
    if (value < 60_000) return `${(value / 1000).toFixed(1)} s`;
    return value < 3_600_000
      ? `${(value / 60_000).toFixed(1)} min`
      : `${(value / 3_600_000).toFixed(1)} h`;
  }
  return digits.format(value);
}

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const date = { day: 'numeric', month: 'short' };
const moment = (options) => new Intl.DateTimeFormat('en-GB', options);
const timeOnly = moment(clock);
const dayOnly = moment(date);
const month = moment({ month: 'short', year: 'numeric' });
const exact = { short: moment({ ...date, ...clock }), long: moment({ ...date, year: 'numeric' }) };

/** Ticks of the time axis: hours within a day, days within months, else months. */
function tick(seconds, spacing) {
  const at = seconds * 1000;
  if (spacing >= 28 * 86_400) return month.format(at);
  if (spacing >= 86_400) return dayOnly.format(at);
  const isMidnight = new Date(at).getHours() === 0 && new Date(at).getMinutes() === 0;
  return isMidnight ? dayOnly.format(at) : timeOnly.format(at);
}

function draw(figure, { kind, step, times, columns }) {
  plots.get(figure)?.plot.destroy();
  const unit = columns[0]?.unit;
  const axis = {
    stroke: colour('--faint'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { stroke: colour('--rule'), width: 1, size: 5 },
    font: '12px system-ui, sans-serif',
  };
  const plot = new uPlot(
    {
      width: Math.max(figure.clientWidth - 12, 200),
      height,
      // Dragging would zoom, with no way back that a keyboard knows: the spans above are the zoom.
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        {
          ...axis,
          space: 64,
          size: 34,
          values: (_plot, all, _n, _space, spacing) => all.map((at) => tick(at, spacing)),
        },
        {
          ...axis,
          size: 62,
          space: 36,
          incrs:
            unit === 'bytes' || unit === 'ms'
              ? undefined
              : [1, 2, 5]
                  .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((e) => n * 10 ** e))
                  .sort((a, b) => a - b),
          values: (_plot, all) => all.map((value) => text(value, unit)),
        },
      ],
      series: [
        {
          label: 'Time',
          value: (_plot, at) =>
            at === null ? '' : (step < 86_400 ? exact.short : exact.long).format(at * 1000),
        },
        ...columns.map((column, n) => ({
          label: column.label,
          stroke: colour(`--line-${(n % lines) + 1}`),
          dash: n < lines ? undefined : [6, 3],
          width: 1.75,
          paths: kind === 'span' ? undefined : uPlot.paths.stepped({ align: 1 }),
          points: { show: kind === 'span', size: 5 },
          spanGaps: kind === 'span',
          fill:
            columns.length === 1
              ? `color-mix(in srgb, ${colour('--line-1')} 15%, transparent)`
              : undefined,
          value: (_plot, value) => text(value, column.unit),
        })),
      ],
    },
    [times, ...columns.map(({ values }) => values)],
    figure,
  );
  plots.set(figure, { plot, answer: { kind, step, times, columns } });
}

async function renew(figure) {
  const query = new URLSearchParams({ series: figure.dataset.series, span: place.dataset.span });
  try {
    const answer = await fetch(`/history/data?${query}`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const data = await answer.json();
    figure.hidden = data.times.length === 0;
    if (!figure.hidden) draw(figure, data);
  } catch {
    // What was drawn stays: the line above the page says that the manager does not answer.
  }
}

const figures = [...place.querySelectorAll('figure[data-series]')];
const all = () => Promise.all(figures.map(renew));
await all();
place.dataset.drawn = 'yes';
const seriesOf = (page) =>
  [...page.querySelectorAll('[data-plots] figure')].map(({ dataset }) => dataset.series).join();
document.addEventListener('renewed', ({ detail: fresh }) => {
  // A plot that was not there before needs its place.
  if (seriesOf(fresh) === seriesOf(document)) void all();
  else location.reload();
});

const redraw = () => {
  for (const [figure, { answer }] of plots) draw(figure, answer);
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
let width = place.clientWidth;
new ResizeObserver(() => {
  if (place.clientWidth === width) return;
  width = place.clientWidth;
  for (const [figure, { plot }] of plots) {
    plot.setSize({ width: Math.max(figure.clientWidth - 12, 200), height });
  }
}).observe(place);
