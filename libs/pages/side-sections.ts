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
import type { ListenerStatus, Status } from './status.ts';
import { bytes, duration, number, plural, type Times } from './words.ts';

const listenerStates: Record<ListenerStatus['state'], Tone> = {
  listening: 'ok',
  starting: 'busy',
  failed: 'failed',
};

/** Which doors are open. */
export function listenersSection({ listeners }: Status): Html {
  const rows = listeners.map(
    ({ name, address, port, state, detail }) =>
      html`<tr>
        <th scope="row">${name}</th>
        ${figure(port)}
        <td>${stateWord(listenerStates[state], state)}</td>
        <td class="wrap">
          <span class="faint">${address === '0.0.0.0' || address === '::' ? 'all' : address}</span>
          ${detail !== '' && html`<span class="aside">${detail}</span>`}
        </td>
      </tr>`,
  );
  return section(
    'listeners',
    'Ports',
    table('Ports', [head('Server'), head('Port', 'figure'), head('State'), head('Address')], rows),
  );
}

/** What telephones have asked for since the start. */
export function phonesSection({ phones, server, listeners }: Status, times: Times): Html {
  const shown = phones.protocols.filter(
    ({ protocol, done, failed, refused, active }) =>
      done + failed + refused + active > 0 ||
      listeners.some((listener) => listener.protocol === protocol),
  );
  const rows = shown.map(
    ({ protocol, done, failed, refused, bytes: sent, received, active }) =>
      html`<tr>
        <th scope="row">${protocol.toUpperCase()}</th>
        ${[active, done].map((count) => figure(zero(count)))}
        <td class="figure ${failed > 0 ? 'warning' : ''}">${zero(failed)}</td>
        ${figure(zero(refused))}
        ${[sent, received].map((sum) => figure(sum === 0 ? zero(0) : bytes(sum)))}
      </tr>`,
  );
  const heads = [
    head('Protocol'),
    ...['Active', 'Done', 'Cut short', 'Refused', 'Sent', 'Received'].map((text) =>
      head(text, 'figure'),
    ),
  ];
  return section(
    'phones',
    'Telephones',
    html`${table('Telephones', heads, rows)} ${knownPhones(phones.known)}`,
    `since the start ${times.relative(server.startedAt)}`,
  );
}

/** Models are what telephones say: text of others. */
function knownPhones({ total, today, models }: Status['phones']['known']): Html | undefined {
  if (total === 0) return undefined;
  const shown = models
    .slice(0, shownModels)
    .map(
      ({ model, phones }, index) => html`${index > 0 && ', '}${outside(model)} (${number(phones)})`,
    );
  const more = models.length > shownModels && html`, …`;
  const kinds = html`${plural(models.length, 'model')}: ${shown}${more}`;
  return html`<p class="empty">
    ${number(today)} of ${plural(total, 'known telephone')} seen
    today${models.length > 0 && html`; ${kinds}`}
  </p>`;
}

const shownModels = 6;

const zero = (count: number): Html =>
  count === 0 ? html`<span class="faint">0</span>` : html`${number(count)}`;

const diskTones = { ok: 'ok', low: 'warning', alarm: 'failed' } as const;

export function disksSection({ disks }: Status): Html {
  // Folders with the same figures lie on one disk.
  const byDisk = Map.groupBy(disks, ({ freeBytes, totalBytes }) => `${freeBytes} ${totalBytes}`);
  const items = [...byDisk.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { freeBytes, totalBytes, level } = first;
    const used = totalBytes === 0 ? 1 : 1 - freeBytes / totalBytes;
    const tone = diskTones[level];
    return html`<div>
      ${same.map(({ folder }) => html`<dt>${outside(folder)}</dt>`)}
      <dd>
        ${bar([{ share: used, tone }])}
        <span>${bytes(freeBytes)} free <span class="faint">of ${bytes(totalBytes)}</span></span>
      </dd>
    </div>`;
  });
  return section('disks', 'Disk', html`<dl class="facts stacked">${items}</dl>`);
}

export function certificatesSection({ certificates }: Status, times: Times): Html | undefined {
  if (certificates.length === 0) return undefined;
  const items = certificates.map(({ name, expiresAt }) => {
    const leftS = -times.ageS(expiresAt);
    const tone = leftS <= 0 ? 'failed' : leftS < 7 * 86_400 ? 'warning' : 'ok';
    const word = leftS <= 0 ? 'expired' : `${duration(leftS)} left`;
    return html`<div>
      <dt>${name}</dt>
      <dd>${stateWord(tone, word)}</dd>
    </div>`;
  });
  return section('certificates', 'Certificates', html`<dl class="facts">${items}</dl>`);
}

const took = (ms: number): string => (ms < 1_000 ? `${ms} ms` : duration(ms / 1_000));

const transferTones = { done: 'ok', failed: 'warning', refused: 'off' } as const;

/** What became of it, in the direction that it went. */
const transferWord = ({ direction, outcome }: Status['phones']['recent'][number]): string =>
  outcome === 'done' ? doneWords[direction] : outcome;

const doneWords = { download: 'sent', upload: 'saved', removal: 'removed' } as const;

/** The last files that went out or came in, as the phones named them. */
export function transfersSection({ phones }: Status, times: Times): Html {
  const agents = phones.recent.some(({ agent }) => agent !== '');
  const rows = phones.recent.map(
    (transfer) =>
      html`<tr>
        <td>${when(transfer.at, times)}</td>
        <td>${transfer.phone}</td>
        <td class="file" title="${transfer.insteadOf ?? transfer.name}">
          ${outside(transfer.name)}
          ${transfer.insteadOf !== null && html`<span class="aside">instead of ${outside(transfer.insteadOf)}</span>`}
        </td>
        <td>${transfer.protocol.toUpperCase()}</td>
        <td>
          ${stateWord(transferTones[transfer.outcome], transfer.code ?? transferWord(transfer))}
        </td>
        ${figure(bytes(transfer.bytes))} ${figure(took(transfer.ms))}
        ${agents && html`<td class="agent faint" title="${transfer.agent}">${transfer.agent}</td>`}
      </tr>`,
  );
  const body =
    rows.length === 0
      ? html`<p class="empty">No telephone has asked for a file yet.</p>`
      : table(
          'Last transfers',
          [
            ...['When', 'Telephone', 'File', 'By', 'Outcome'].map((text) => head(text)),
            head('Bytes', 'figure'),
            head('Took', 'figure'),
            ...(agents ? [head('Says it is')] : []),
          ],
          rows,
        );
  return section('transfers', 'Last transfers', body);
}

/** The last refusals and failures, each kind once. */
export function errorsSection({ recentErrors }: Status, times: Times): Html | undefined {
  if (recentErrors.length === 0) return undefined;
  const items = recentErrors.map(
    ({ code, sentence, at, times: count }) =>
      html`<li>
        <span class="what">${sentence}</span>
        <span class="meta">
          ${when(at, times)} ${count > 1 && html`<span class="faint">${number(count)} times</span>`}
          ${codeChip(code)}
        </span>
      </li>`,
  );
  return section(
    'errors',
    'Last refusals and failures',
    html`<ul class="errors">
      ${items}
    </ul>`,
  );
}
