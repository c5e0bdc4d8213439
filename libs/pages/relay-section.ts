import { html, type Html } from './html.ts';
import { codeChip, figure, head, outside, section, stateWord, table } from './pieces.ts';
import type { RelayStatus } from './status.ts';
import { bytes, duration, number, plural, type Times } from './words.ts';

/** Rows on the page; the JSON has more. */
const shown = 100;

const kindWords = {
  backup: 'Backups',
  cdr: 'CDR',
  bcms: 'BCMS',
} as const;

/** What goes up from here, and what has come up to here. */
export function relaySection(relay: RelayStatus, times: Times): Html | undefined {
  const { outgoing, incoming, copies } = relay;
  if (outgoing.length === 0 && incoming.length === 0 && !isBehind(copies)) return undefined;
  return section(
    'relay',
    'Backups and records',
    html`${outgoing.length > 0 && outgoingTable(relay, times)}
    ${incoming.length > 0 && incomingTable(relay, times)} ${copies !== null && copiesLine(copies)}`,
    summary(relay, times),
  );
}

/** What a person wants to know before the table: does anything wait, and since when? */
function summary({ outgoing, incoming }: RelayStatus, times: Times): Html {
  const waiting = [...outgoing, ...incoming].filter((each) => each.waiting > 0);
  const oldest = waiting
    .map(({ oldestWaitingAt }) => oldestWaitingAt)
    .filter((at) => at !== null)
    .toSorted()[0];
  if (waiting.length === 0) return html`nothing waits`;
  const files = waiting.reduce((sum, each) => sum + each.waiting, 0);
  return html`<b>${plural(files, 'file')}</b> ${files === 1 ? 'waits' : 'wait'}${
      oldest !== undefined && html`, the oldest for ${duration(times.ageS(oldest))}`
    }`;
}

const isBehind = (copies: RelayStatus['copies']): boolean => copies !== null && copies.files > 0;

/** Whether a loss of the other hub would take something with it. */
function copiesLine({ hub, files, bytes: size }: NonNullable<RelayStatus['copies']>): Html {
  const told =
    files === 0
      ? html`All that ${outside(hub)} holds is here as well.`
      : html`<b>${plural(files, 'file')}</b> (${bytes(size)}) of ${outside(hub)}
          ${files === 1 ? 'is' : 'are'} not here yet.`;
  return html`<p class="more">${told}</p>`;
}

function outgoingTable({ outgoing }: RelayStatus, times: Times): Html {
  const rows = outgoing.map((kind) => {
    const { lastError, acknowledged, overdue } = kind;
    const [tone, word] = overdue
      ? (['failed', 'overdue'] as const)
      : lastError !== null
        ? (['warning', 'held up'] as const)
        : kind.waiting > 0
          ? (['busy', 'on its way'] as const)
          : (['ok', 'at the hub'] as const);
    return html`<tr class="${lastError ? 'noted' : ''}">
        <th scope="row">${kindWords[kind.kind]}</th>
        <td>${stateWord(tone, word)}</td>
        ${figure(waitingText(kind, times))} ${figure(number(kind.files))}
        ${figure(bytes(kind.bytes))}
        <td>${acknowledgedText(acknowledged, times)}</td>
      </tr>
      ${
        lastError &&
        html`<tr class="note">
          <td colspan="6">
            <div class="note-text">${outside(lastError.sentence)} ${codeChip(lastError.code)}</div>
          </td>
        </tr>`
      }`;
  });
  const heads = [
    head('Goes up'),
    head('State'),
    head('Waiting', 'figure'),
    head('Here', 'figure'),
    head('Size', 'figure'),
    head('Acknowledged by'),
  ];
  return table('What goes up', heads, rows);
}

function incomingTable({ incoming, incomingTotal }: RelayStatus, times: Times): Html {
  // Seldom there: two columns of zeros would push the last one out of sight.
  const hasTrouble = incoming.some(({ damaged, conflicts }) => damaged > 0 || conflicts > 0);
  const rows = incoming.slice(0, shown).map((from) => {
    const { kind, damaged, conflicts, missing } = from;
    const records = kind !== 'backup';
    const [tone, word] =
      damaged > 0
        ? (['failed', 'damaged'] as const)
        : missing
          ? (['warning', 'none lately'] as const)
          : from.waiting > 0
            ? (['busy', 'to deliver'] as const)
            : (['ok', records ? 'delivered' : 'kept'] as const);
    return html`<tr>
      <th scope="row">${outside(from.branch)}</th>
      <td>${kindWords[kind]}</td>
      <td>${stateWord(tone, word)}</td>
      ${figure(records ? waitingText(from, times) : faintDash)}
      ${figure(records ? number(from.delivered) : faintDash)}
      ${
        hasTrouble &&
        html`<td class="figure ${damaged > 0 ? 'warning' : ''}">${zero(damaged)}</td>
          <td class="figure ${conflicts > 0 ? 'warning' : ''}">${zero(conflicts)}</td>`
      }
      ${figure(html`${number(from.files)} <span class="aside">${bytes(from.bytes)}</span>`)}
      <td>
        <time datetime="${from.lastReceivedAt}" title="${from.lastReceivedAt}"
          >${times.relative(from.lastReceivedAt)}</time
        >
      </td>
    </tr>`;
  });
  const heads = [
    ...[head('Branch'), head('Kind'), head('State')],
    ...['Waiting', 'Delivered', ...(hasTrouble ? ['Damaged', 'Conflicts'] : []), 'Here'].map(
      (text) => head(text, 'figure'),
    ),
    head('Last came'),
  ];
  const rest = incomingTotal - Math.min(incoming.length, shown);
  return html`${table('What has come up', heads, rows)}
  ${rest > 0 && html`<p class="more">and ${number(rest)} more: <a href="/api/v1/status">as JSON</a></p>`}`;
}

/** A hub that has never taken anything is not worth a line, unless none has. */
function acknowledgedText(
  acknowledged: RelayStatus['outgoing'][number]['acknowledged'],
  times: Times,
): Html {
  const taken = acknowledged.filter(({ files }) => files > 0);
  if (taken.length === 0) return html`<span class="faint">nobody yet</span>`;
  return html`${taken.map(
    ({ hub, address, files, lastAt }, index) =>
      html`${index > 0 && ', '}<span title="${address}">${hub} ${number(files)}</span>
        <span class="aside">${lastAt !== null && times.relative(lastAt)}</span>`,
  )}`;
}

const faintDash = html`<span class="faint">–</span>`;

const zero = (count: number): Html =>
  count === 0 ? html`<span class="faint">0</span>` : html`${number(count)}`;

function waitingText(
  { waiting, oldestWaitingAt }: { waiting: number; oldestWaitingAt: string | null },
  times: Times,
): Html {
  if (waiting === 0 || oldestWaitingAt === null) return zero(waiting);
  const age = duration(times.ageS(oldestWaitingAt));
  return html`${number(waiting)} <span class="aside">oldest ${age}</span>`;
}
