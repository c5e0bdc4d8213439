import { html, type Html } from './html.ts';
import {
  bar,
  codeChip,
  figure,
  head,
  outside,
  section,
  stateWord,
  table,
  when,
  type Tone,
} from './pieces.ts';
import type { FileState } from './sync-control.ts';
import type { PeerStatus, SyncStatus, UpdateFileStatus } from './status.ts';
import { bytes, duration, every, number, plural, type Times } from './words.ts';

const shown = 100;

const syncStates: Record<SyncStatus['state'], { tone: Tone; word: string }> = {
  idle: { tone: 'ok', word: 'up to date' },
  running: { tone: 'busy', word: 'running' },
  'waiting-for-space': { tone: 'failed', word: 'waiting for space' },
  failed: { tone: 'failed', word: 'failed' },
  frozen: { tone: 'failed', word: 'frozen' },
  'not-joined': { tone: 'failed', word: 'not joined' },
};

const peerStates: Record<PeerStatus['state'], { tone: Tone; word: string }> = {
  unknown: { tone: 'off', word: 'not asked yet' },
  up: { tone: 'ok', word: 'answers' },
  down: { tone: 'failed', word: 'does not answer' },
  'open-circuit': { tone: 'failed', word: 'left alone for five minutes' },
};

/** What is moving or wrong stands on top, what is done below. */
const fileOrder: Record<FileState, { rank: number; tone: Tone }> = {
  refused: { rank: 0, tone: 'failed' },
  failed: { rank: 0, tone: 'failed' },
  publishing: { rank: 1, tone: 'busy' },
  fetching: { rank: 1, tone: 'busy' },
  sending: { rank: 1, tone: 'busy' },
  fetched: { rank: 2, tone: 'busy' },
  pending: { rank: 3, tone: 'off' },
  published: { rank: 4, tone: 'ok' },
  sent: { rank: 4, tone: 'ok' },
};

/** How this branch stands with its hubs, and each file on its way. */
export function updatesSection(sync: SyncStatus, times: Times): Html {
  const { tone, word } = syncStates[sync.state];
  const body = html`${sync.state === 'running' && progress(sync)}
    <dl class="facts">
      ${fact('Sync', stateWord(tone, word))} ${fact('Primary', peer(sync.primary, times))}
      ${sync.secondary && fact('Secondary', peer(sync.secondary, times))}
      ${fact('Last complete', when(sync.lastSuccessAt, times))}
      ${fact('Next', when(sync.nextRunAt, times, 'not planned'))}
    </dl>
    ${files(sync, times)}`;
  const release =
    sync.releaseVersion === null
      ? html`nothing published yet`
      : html`release <b>${number(sync.releaseVersion)}</b> is published`;
  return section('updates', 'Updates', body, html`${release}, asks ${every(sync.intervalS)}`);
}

const fact = (term: string, value: Html): Html =>
  html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;

function peer({ address, state, lastContactAt }: PeerStatus, times: Times): Html {
  const { tone, word } = peerStates[state];
  return html`${outside(address)} ${stateWord(tone, word)}
  ${state !== 'up' && lastContactAt && html`<span class="faint">last answer ${times.relative(lastContactAt)}</span>`}`;
}

function progress({ files, bytesPerS }: SyncStatus): Html {
  const wanted = files.filter(({ state }) => state !== 'refused');
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  const here = wanted.reduce((sum, file) => sum + file.bytes, 0);
  const arrived = wanted.filter(({ size, bytes: has }) => has >= size).length;
  const left = bytesPerS ? `, ${duration((total - here) / bytesPerS)} left` : '';
  const speed = bytesPerS ? ` at ${bytes(bytesPerS)}/s${left}` : '';
  const share = total === 0 ? 0 : here / total;
  return html`<div class="run">
    <p>
      <b data-run-percent>${Math.floor(share * 100)} %</b>
      <span data-run-words>${bytes(here)} of ${bytes(total)}${speed}</span>
      <span class="faint">${number(arrived)} of ${plural(wanted.length, 'file')} here</span>
    </p>
    <progress
      data-run-progress
      max="${total}"
      value="${here}"
      aria-label="Progress of the run"
    ></progress>
  </div>`;
}

function files({ files, filesTotal }: SyncStatus, times: Times): Html {
  if (files.length === 0) return html`<p class="empty">No files yet.</p>`;
  const sorted = files.toSorted(
    (a, b) =>
      fileOrder[a.state].rank - fileOrder[b.state].rank ||
      Number(b.bytes > 0) - Number(a.bytes > 0) ||
      a.name.localeCompare(b.name),
  );
  const rest = filesTotal - Math.min(files.length, shown);
  return html`${table(
    'Files',
    [head('File'), head('State'), head('Progress'), head('Size', 'figure'), head('SHA-256')],
    sorted.slice(0, shown).map((file) => fileRow(file, times)),
  )}
  ${rest > 0 && html`<p class="more">and ${number(rest)} more: <a href="/api/v1/status">as JSON</a></p>`}`;
}

function fileRow(file: UpdateFileStatus, times: Times): Html {
  const { tone } = fileOrder[file.state];
  return html`<tr class="${file.reason ? 'noted' : ''}" data-file="${file.name}">
      <th scope="row" class="file" title="${file.name}">${outside(file.name)}</th>
      <td data-file-state>${stateWord(tone, file.state)}</td>
      <td class="progress-cell">${fileProgress(file, times)}</td>
      ${figure(bytes(file.size))}
      <td class="digest" title="${file.sha256}">${file.sha256.slice(0, 8)}</td>
    </tr>
    ${
      file.reason &&
      html`<tr class="note">
        <td colspan="5"><div class="note-text">${file.reason} ${codeChip(file.code)}</div></td>
      </tr>`
    }`;
}

function fileProgress(
  { state, size, bytes: here, at, name }: UpdateFileStatus,
  times: Times,
): Html {
  const share = size === 0 ? 1 : here / size;
  switch (state) {
    case 'fetching':
    case 'fetched':
    case 'publishing':
    case 'sending':
      return html`<progress max="${size}" value="${here}" aria-label="${name}"></progress>
        <span class="percent">${Math.floor(share * 100)} %</span>`;
    case 'pending':
      return here > 0
        ? html`${bar([{ share, tone: 'off' }])}
            <span class="percent">${Math.floor(share * 100)} %</span>`
        : html`<span class="faint">waits</span>`;
    case 'published':
    case 'sent':
    case 'refused':
    case 'failed':
      return when(at, times, '');
  }
}
