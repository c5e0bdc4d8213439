import {
  codeChip,
  duration,
  every,
  factList,
  figure,
  head,
  html,
  mark,
  number,
  outside,
  plural,
  section,
  stateWord,
  table,
  Times,
  when,
  type Html,
  type Part,
  type Tone,
} from '#libs/pages';
import { originOf } from './watched-server.ts';
import type { Alert, ServerCheck, WatchdogStatus } from './watchdog-status.ts';

export interface WatchdogPageOptions {
  /** Guide key StatusRefresh, seconds; 0 = the page stays as it is. */
  readonly refreshS: number;
  readonly assets: { readonly css: string; readonly icon: string };
  /** IANA name; undefined = that of this machine. */
  readonly zone?: string | undefined;
}

/** The page of the watchdog (Guide p. 48): nothing on it can be changed, and nothing on it is secret. */
export function watchdogPage(
  status: WatchdogStatus,
  { refreshS, assets, zone }: WatchdogPageOptions,
): Html {
  const times = new Times(status.clock, zone);
  const { tone, word } = verdict(status);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${word} – ${status.name} – Branchline watchdog</title>
        <link rel="stylesheet" href="${assets.css}" />
        <link rel="icon" href="${assets.icon}" type="image/svg+xml" />
        ${refreshS > 0 && html`<meta http-equiv="refresh" content="${refreshS}" />`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the servers</a>
        ${banner(status, times)}
        <main id="main">
          <p id="headline" role="status"><span class="state ${tone}">${word}</span></p>
          ${notice(status)}
          <div class="wide">
            ${serversSection(status, times)} ${alertsSection(status, times)}
            ${watchSection(status, times)}
          </div>
        </main>
        <footer>
          <nav aria-label="For programs">
            <a href="/api/v1/watchdog">Status as JSON</a> <a href="/metrics">Metrics</a>
          </nav>
          <p>Branchline ${status.version}, watchdog</p>
        </footer>
      </body>
    </html> `;
}

function verdict({ servers, rounds }: WatchdogStatus): { tone: Tone; word: string } {
  if (rounds === 0) return { tone: 'busy', word: 'First round under way' };
  if (servers.length === 0) return { tone: 'warning', word: 'No server to watch' };
  const missed = servers.filter(({ state }) => state === 'missed').length;
  if (missed > 0) return { tone: 'failed', word: `${plural(missed, 'server')} failing` };
  if (servers.some(({ missed: count }) => count > 0)) {
    return { tone: 'warning', word: 'All files arrive again' };
  }
  return { tone: 'ok', word: 'All files arrive' };
}

function banner(status: WatchdogStatus, times: Times): Html {
  return html`<header>
    ${mark}
    <h1>${outside(status.name === '' ? 'Branchline' : status.name)}</h1>
    <ul class="roles" aria-label="Roles">
      <li>watchdog</li>
    </ul>
    <p class="clock">
      up ${duration(times.ageS(status.startedAt))}
      <time datetime="${status.clock}">${times.at(status.clock)}</time> ${times.zone}
    </p>
  </header>`;
}

function notice({ trouble }: WatchdogStatus): Html | null {
  if (trouble === null) return null;
  return html`<ul class="notices">
    <li class="notice warning">
      <p class="what"><span class="hidden">Warning: </span>${outside(capital(trouble.sentence))}</p>
      ${codeChip(trouble.code)}
    </li>
  </ul>`;
}

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

function watchSection(status: WatchdogStatus, times: Times): Html {
  const { script, limit, rounds, everyS, lastRoundAt, sensedBy } = status;
  const none = html`<span class="faint">none</span>`;
  const facts: readonly (readonly [string, Part])[] = [
    ['Latest round', when(lastRoundAt, times, 'none yet')],
    ['Rounds', `${number(rounds)}, ${every(everyS)}`],
    ['Limit', `${plural(limit, 'missed file')} of one server`],
    ['Alert script', script === null ? none : html`<code>${script}</code>`],
    ['Servers known by', `the ${sensedBy} of the server`],
  ];
  return section('watch', 'Watch', factList(facts));
}

function serversSection({ servers, limit }: WatchdogStatus, times: Times): Html {
  const heads = [
    ...[head('Server'), head('Asked at'), head('Latest round')],
    ...[head('Missed', 'figure'), head('Request', 'figure'), head('All files arrived')],
  ];
  const body =
    servers.length === 0
      ? html`<p class="empty">No server is known yet that gives out files.</p>`
      : table(
          'Servers',
          heads,
          servers.flatMap((server) => serverRows(server, limit, times)),
        );
  return section('servers', 'Servers', body);
}

const tones = { unknown: 'off', arrives: 'ok', missed: 'failed' } as const;
const words = { unknown: 'not asked yet', arrives: 'files arrive', missed: 'file missed' } as const;

function serverRows(server: ServerCheck, limit: number, times: Times): Html[] {
  const { name, state, missed, ms, arrivedAt, trouble } = server;
  const row = html`<tr>
    <td>${outside(name)}</td>
    <td><code>${originOf(server)}</code></td>
    <td>${stateWord(tones[state], words[state])}</td>
    ${figure(`${missed} of ${limit}`)} ${figure(state === 'unknown' ? '' : `${number(ms)} ms`)}
    <td>${when(arrivedAt, times)}</td>
  </tr>`;
  return trouble === null ? [row] : [row, note(trouble.sentence, 6, trouble.code)];
}

/** What does not fit into a cell, below its row. */
const note = (sentence: string, columns: number, code?: string): Html =>
  html`<tr class="note">
    <td colspan="${columns}">
      <p class="note-text">${outside(sentence)} ${codeChip(code)}</p>
    </td>
  </tr>`;

function alertsSection({ alerts, alertsSinceStart }: WatchdogStatus, times: Times): Html {
  if (alerts.length === 0) {
    return section(
      'alerts',
      'Alerts',
      html`<p class="empty">No server has reached the limit since the watchdog was started.</p>`,
    );
  }
  const heads = [head('When'), head('Script'), head('Servers')];
  return section(
    'alerts',
    'Alerts',
    table(
      'Alerts',
      heads,
      alerts.flatMap((alert) => alertRows(alert, times)),
    ),
    plural(alertsSinceStart, 'alert'),
  );
}

const endTones = { done: 'ok', failed: 'failed', 'no script': 'warning' } as const;

function alertRows({ at, servers, reason, outcome, sentence }: Alert, times: Times): Html[] {
  return [
    html`<tr>
      <td>${when(at, times)}</td>
      <td>${stateWord(endTones[outcome], outcome)}</td>
      <td>${servers.map((id) => html`<code>${id}</code> `)}</td>
    </tr>`,
    note(`${reason}. ${sentence}`, 3),
  ];
}
