import { logLevels, type LogFilter } from '#libs/observe';
import { html, outside, section, stateWord, type Html, type Tone } from '#libs/pages';
import {
  LogFeed,
  logRow,
  shownLines,
  type LogLook,
  type LogRow,
  type LogSource,
} from './log-feed.ts';
import type { ManagerPage } from './manager-page.ts';

interface LogsQuery {
  readonly level?: unknown;
  readonly service?: unknown;
  readonly text?: unknown;
  readonly after?: unknown;
}

/** What the server's log says, as it comes; without scripts its last lines, and a form to narrow them. */
export function logsPage(source: LogSource): ManagerPage {
  const feed = new LogFeed(source);
  return {
    path: '/logs',
    title: 'Logs',
    group: 'Watch',
    register(app, desk) {
      app.get<{ Querystring: LogsQuery }>('/logs', async (request, reply) => {
        const filter = filterOf(request.query);
        const look = await source({ ...filter, limit: shownLines });
        return await desk.page(request, reply, {
          title: 'Logs',
          about: html`<span id="log-origin">${originWords(look)}</span>`,
          scripts: ['logs.js'],
          body: html`${filterForm(filter)} ${logTable(look, filter)}`,
        });
      });
      // Under /live a reader without a session is refused, not sent to the sign-in.
      app.get<{ Querystring: LogsQuery }>('/live/logs', async (request, reply) => {
        const known = request.headers['last-event-id'] ?? request.query.after;
        const after = typeof known === 'string' ? known.slice(0, 64) : undefined;
        await feed.open(request, reply, { ...filterOf(request.query), after });
      });
    },
  };
}

function filterOf({ level, service, text }: LogsQuery): LogFilter {
  const word = (given: unknown, most: number): string | undefined =>
    typeof given === 'string' && given.trim() !== '' ? given.trim().slice(0, most) : undefined;
  return {
    level: logLevels.find((known) => known === level),
    service: word(service, 60),
    text: word(text, 200),
  };
}

function originWords({ origin, file }: LogLook): string {
  if (origin === 'server') return 'The newest first, from the running server.';
  return origin === 'file'
    ? `The server does not answer: these are the last lines of ${file}, the newest first.`
    : 'The server does not answer, and there is no log file to read. Under systemd: journalctl -u branchline';
}

const parts = [
  'archive',
  'cdr',
  'ftp',
  'http',
  'https',
  'hub',
  'publish',
  'status',
  'sync',
  'tftp',
  'updates',
];

const filterForm = ({ level, service, text }: LogFilter): Html =>
  html`<form class="filter" method="get" action="/logs" role="search">
    <div>
      <label for="level">Level</label>
      <select id="level" name="level">
        <option value="">all</option>
        ${(['debug', 'info', 'warn', 'error'] as const).map(
          (name) =>
            html`<option value="${name}" ${name === level && html`selected`}>
              ${name} and above
            </option>`,
        )}
      </select>
    </div>
    <div>
      <label for="service">Part</label>
      <input id="service" name="service" value="${service}" list="parts" autocomplete="off" />
      <datalist id="parts">
        ${parts.map((name) => html`<option value="${name}"></option>`)}
      </datalist>
    </div>
    <div>
      <label for="text">Text</label>
      <input id="text" name="text" type="search" value="${text}" autocomplete="off" />
    </div>
    <button class="quiet" type="submit">Show</button>
  </form>`;

function logTable(look: LogLook, { level, service, text }: LogFilter): Html {
  const query = new URLSearchParams({
    level: level ?? '',
    service: service ?? '',
    text: text ?? '',
    after: look.cursor,
  });
  const rows = look.lines.map(logRow).toReversed();
  return section(
    'log',
    'Lines',
    html`<div class="actions" id="log-live" hidden>
        <button class="quiet" type="button" id="log-pause" aria-pressed="false">Pause</button>
        <span class="faint" id="log-waiting" role="status"></span>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Lines of the log">
        <table class="log" data-live="/live/logs?${query.toString()}" data-most="${shownLines}">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Level</th>
              <th scope="col">Part</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(tableRow)}
          </tbody>
        </table>
      </div>
      <p class="faint" id="log-nothing" ${rows.length > 0 && html`hidden`}>No line is like that.</p>
      <template id="log-row"
        >${tableRow({ time: '', at: '', level: '', service: '', msg: '', facts: '' })}</template
      >`,
  );
}

const tones: Readonly<Record<string, Tone>> = {
  fatal: 'failed',
  error: 'failed',
  warn: 'warning',
};

const tableRow = ({ time, at, level, service, msg, facts }: LogRow): Html =>
  html`<tr>
    <td><time datetime="${time}" title="${time}">${at}</time></td>
    <td>${stateWord(tones[level] ?? 'off', level)}</td>
    <td>${outside(service)}</td>
    <td>${outside(msg)} <code>${facts}</code></td>
  </tr>`;
