import type { FastifyRequest } from 'fastify';
import type { HistoryAnswer, HistoryQuestion, HistorySeries } from '#libs/history';
import { bytes, duration, figure, head, html, number, plural, table, type Html } from '#libs/pages';
import { columnsOf, rowsOf, type Column, type ColumnUnit } from './history-columns.ts';
import type { ManagerPage } from './manager-page.ts';

export interface HistoryPageOptions {
  readonly history: (questions: readonly HistoryQuestion[]) => Promise<readonly HistoryAnswer[]>;
  readonly now: () => number;
}

const day = 86_400_000;

/** What can be looked at, and what one row of the tables is then. */
const spans = {
  day: { says: '24 hours', ms: day, row: 'Hour', keyOf: startOf('hour') },
  week: { says: '7 days', ms: 7 * day, row: 'Day', keyOf: startOf('day') },
  months: { says: '60 days', ms: 60 * day, row: 'Day', keyOf: startOf('day') },
  years: { says: '2 years', ms: 730 * day, row: 'Month', keyOf: startOf('month') },
} as const;
type Span = keyof typeof spans;

interface Panel {
  readonly series: HistorySeries;
  readonly heading: string;
  /** Five minutes are too short for a line. */
  readonly rare?: true;
}

const panels: readonly Panel[] = [
  { series: 'transfers', heading: 'Files for telephones' },
  { series: 'transfer-bytes', heading: 'Bytes to and from telephones' },
  { series: 'sync-runs', heading: 'How long syncs took' },
  { series: 'relay-files', heading: 'Call records and backups, files', rare: true },
  { series: 'relay-bytes', heading: 'Call records and backups, bytes', rare: true },
  { series: 'records', heading: 'Call records over the network', rare: true },
  { series: 'firmware', heading: 'Firmware of the telephones' },
  { series: 'branches', heading: 'Branches by state' },
];

/** How it has been: each plot with its table. */
export function historyPage({ history, now }: HistoryPageOptions): ManagerPage {
  const ask = (asked: readonly Panel[], span: Span) => {
    const to = now();
    const from = to - spans[span].ms;
    return history(
      asked.map(({ series, rare }) => ({
        ...{ series, from, to },
        step: rare && span === 'day' ? 3_600 : undefined,
      })),
    );
  };
  return {
    path: '/history',
    title: 'History',
    group: 'Watch',
    register(app, desk) {
      app.get('/history', async (request, reply) => {
        const span = spanOf(request);
        const answers = await ask(panels, span);
        const shown = panels.flatMap(({ series, heading }) => {
          const answer = answers.find((each) => each.series === series);
          return answer === undefined || answer.lines.length === 0 ? [] : [{ heading, answer }];
        });
        return await desk.page(request, reply, {
          title: 'History',
          about: `Kept in steps of 5 minutes for 2 days, hours for 60 days, days for 2 years. Times of the tables are those of ${zone}.`,
          refreshS: 60,
          scripts: ['plots.js'],
          body: html`${spanLinks(span)}
            <div
              class="plots"
              data-plots
              data-span="${span}"
              data-library="${desk.asset('uPlot.js')}"
              data-sheets="${desk.asset('uPlot.css')} ${desk.asset('plots.css')}"
            >
              ${shown.map(({ heading, answer }) => panel(heading, answer, span))}
            </div>
            ${shown.length === 0 && nothing}`,
        });
      });

      app.get('/history/data', async (request, reply) => {
        const { series } = queryOf(request);
        const known = panels.find((each) => each.series === series);
        const [answer] = known === undefined ? [] : await ask([known], spanOf(request));
        if (answer === undefined) return await reply.code(404).send({});
        const columns = columnsOf(answer).filter(({ plotted }) => plotted);
        return await reply.send({
          kind: answer.kind,
          step: answer.step,
          times: answer.times,
          columns: columns.map(({ label, unit, values }) => ({
            label: plain(label),
            unit,
            values,
          })),
        });
      });
    },
  };
}

const nothing = html`<div class="panel" data-part="nothing">
  <p class="empty">
    Nothing is known of this time yet. The server writes down how it was once a minute; the first
    figures come a minute after something has happened.
  </p>
</div>`;

function spanLinks(chosen: Span): Html {
  return html`<nav class="spans" aria-label="How far back">
    <ul>
      ${Object.entries(spans).map(([name, { says }]) =>
        name === chosen
          ? html`<li><a href="/history?span=${name}" aria-current="true">${says}</a></li>`
          : html`<li><a href="/history?span=${name}">${says}</a></li>`,
      )}
    </ul>
  </nav>`;
}

/** The plot and the table are outside of what is renewed: a table that is open stays open. */
function panel(heading: string, answer: HistoryAnswer, span: Span): Html {
  const { series, times } = answer;
  const columns = columnsOf(answer);
  const { row, keyOf, says } = spans[span];
  const words = summary(columns);
  return html`<section class="panel" id="${series}" aria-labelledby="${series}-heading">
    <div class="panel-head">
      <h2 id="${series}-heading">${heading}</h2>
      <p class="summary" data-part="${series}-summary">${words}</p>
    </div>
    <figure
      class="plot"
      role="img"
      aria-label="${heading}, last ${says}: ${words}. The table has the figures."
      data-series="${series}"
      hidden
    ></figure>
    <details class="figures">
      <summary>Table<span class="hidden"> of ${heading}</span></summary>
      <div data-part="${series}-figures">
        ${table(
          `${heading}, by ${row.toLowerCase()}`,
          [head(row), ...columns.map(({ label }) => columnHead(label))],
          rowsOf(times, columns, keyOf).map(
            ({ at, values }) =>
              html`<tr>
                <th scope="row">
                  <time datetime="${new Date(at * 1_000).toISOString()}"
                    >${formats[span].format(at * 1_000)}</time
                  >
                </th>
                ${values.map((value, n) => figure(valueText(value, columns[n]?.unit)))}
              </tr>`,
          ),
        )}
      </div>
    </details>
  </section>`;
}

/** A label may be what a telephone says of itself. */
const columnHead = (label: string): Html =>
  html`<th scope="col" class="figure"><bdi>${label}</bdi></th>`;

const none = html`<span class="faint">–</span>`;

function valueText(value: number | null, unit: ColumnUnit | undefined): Html | string {
  if (value === null || unit === undefined) return none;
  if (unit === 'bytes') return bytes(value);
  return unit === 'ms' ? milliseconds(value) : number(value);
}

const milliseconds = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms / 1_000);

/** One line: the sums, or how it is now. */
function summary(columns: readonly Column[]): string {
  const places = (columns[0]?.values ?? []).map((_, place) => place);
  const [row] = rowsOf(places, columns, () => 0);
  const parts = columns.map(({ label, unit }, n) => {
    const value = row?.values[n] ?? null;
    if (value === null || value === 0) return undefined;
    const text =
      unit === 'bytes' ? bytes(value) : unit === 'ms' ? milliseconds(value) : number(value);
    return `${plain(label)} ${text}`;
  });
  const told = parts.filter((part) => part !== undefined);
  const more = told.length > shownParts ? `, and ${plural(told.length - shownParts, 'other')}` : '';
  return told.length === 0 ? 'nothing' : `${told.slice(0, shownParts).join(', ')}${more}`;
}
const shownParts = 6;

/** Without characters that have no shape or turn the direction of writing. */
const plain = (label: string): string => label.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');

const queryOf = (
  request: FastifyRequest,
): { readonly span?: unknown; readonly series?: unknown } =>
  typeof request.query === 'object' && request.query !== null ? request.query : {};

const isSpan = (name: string): name is Span => Object.hasOwn(spans, name);

function spanOf(request: FastifyRequest): Span {
  const { span } = queryOf(request);
  return typeof span === 'string' && isSpan(span) ? span : 'day';
}

/** By the clock of the server's place, as the buckets of days are. Unix seconds. */
function startOf(width: 'hour' | 'day' | 'month'): (at: number) => number {
  return (at) => {
    const moment = new Date(at * 1_000);
    if (width === 'hour') moment.setMinutes(0, 0, 0);
    else moment.setHours(0, 0, 0, 0);
    if (width === 'month') moment.setDate(1);
    return moment.getTime() / 1_000;
  };
}

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', options);
const dayFormat = format({ weekday: 'short', day: 'numeric', month: 'short' });
const formats: Readonly<Record<Span, Intl.DateTimeFormat>> = {
  day: format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  week: dayFormat,
  months: dayFormat,
  years: format({ month: 'long', year: 'numeric' }),
};
