import {
  bar,
  figure,
  head,
  html,
  number,
  outside,
  plural,
  stateWord,
  table,
  when,
  type Html,
  type Times,
  type Tone,
} from '#libs/pages';
import type { ScannedPhone, ScanSummary, ScanView } from '#libs/scan';

export const scanAddress = (id: string): string => `/scan/${encodeURIComponent(id)}`;

const states: Readonly<Record<ScanView['state'], readonly [Tone, string]>> = {
  running: ['busy', 'running'],
  done: ['ok', 'done'],
  cancelled: ['warning', 'cancelled'],
  failed: ['failed', 'failed'],
};

export const scanState = ({ state }: ScanView): Html => stateWord(...states[state]);

const askers: Readonly<Record<ScanView['askedBy'], string>> = {
  api: 'page or API',
  command: 'command',
  schedule: 'schedule',
};

export const askedBy = (scan: ScanView): string => askers[scan.askedBy];

/** How far it is, as a bar and in figures. */
export function progressLine({ summary, ranges }: ScanView): Html {
  const { asked, addresses, phones } = summary;
  return html`<div class="pulling">
    ${bar([{ share: addresses === 0 ? 1 : asked / addresses, tone: 'busy' }])}
    <span>
      ${number(asked)} of ${plural(addresses, 'address', 'addresses')},
      ${plural(phones, 'telephone')} so far <span class="faint">${ranges}</span>
    </span>
  </div>`;
}

const standings: Readonly<Record<NonNullable<ScannedPhone['standing']>, readonly [Tone, string]>> =
  {
    current: ['ok', 'current'],
    behind: ['warning', 'behind'],
    ahead: ['busy', 'ahead'],
    unknown: ['off', 'unknown'],
  };

/** Who runs what, the most frequent first. */
export const versionsTable = (versions: ScanSummary['versions']): Html =>
  table(
    'Firmware',
    [head('Runs'), head('Standing'), head('Family'), head('Telephones', 'figure')],
    versions.map(
      ({ phones, firmware, standing, family }) =>
        html`<tr>
          <td>${text(firmware)}</td>
          <td>${stateWord(...standings[standing])}</td>
          <td>${text(family)}</td>
          ${figure(number(phones))}
        </tr>`,
    ),
  );

export const historyHeads = [
  head('Began'),
  head('State'),
  head('By'),
  head('Ranges'),
  head('Result'),
];

export const historyRow = (scan: ScanView, times: Times): Html =>
  html`<tr>
    <th scope="row"><a href="${scanAddress(scan.id)}">${when(scan.startedAt, times)}</a></th>
    <td>${scanState(scan)}</td>
    <td>${askedBy(scan)}</td>
    <td>${shortened(scan.ranges)}</td>
    <td class="told">${scan.message ?? scan.words}</td>
  </tr>`;

const shortened = (ranges: string): string =>
  ranges.length > 60 ? `${ranges.slice(0, 59)}…` : ranges;

export const phoneHeads = [
  head('Address'),
  head('Answer'),
  head('Model'),
  head('Extension'),
  head('Runs'),
  head('Offered here'),
  head('Last load'),
];

export function phoneRow(phone: ScannedPhone): Html {
  const { address, model, extension, firmware, offered, load, note } = phone;
  return html`<tr>
    <th scope="row">${address}</th>
    <td>${answerOf(phone)}</td>
    <td>${text(model)}</td>
    <td>${text(extension)}</td>
    <td>${text(firmware)}</td>
    <td>${text(offered)}${note !== null && html`<p class="faint note">${outside(note)}</p>`}</td>
    <td>${load === null ? dash : load === 'ok' ? 'ok' : stateWord('failed', load)}</td>
  </tr>`;
}

function answerOf({ outcome, standing }: ScannedPhone): Html {
  if (outcome === 'silent') return stateWord('off', 'no answer');
  if (outcome === 'other') return stateWord('off', 'no telephone');
  return stateWord(...standings[standing ?? 'unknown']);
}

const dash = html`<span class="faint">–</span>`;
const text = (value: string | null): Html => (value === null ? dash : outside(value));
