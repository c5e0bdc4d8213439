import type { Notice } from './attention.ts';
import { adviceFor } from './advice.ts';
import { html, type Html } from './html.ts';
import { head, outside, section, stateWord, table, type Tone } from './pieces.ts';
import type { AccessRuleStatus, Status } from './status.ts';
import { number, plural } from './words.ts';

const toneOf = ({ state, faults }: AccessRuleStatus): Tone =>
  state === 'closed' ? 'failed' : faults > 0 ? 'warning' : state === 'open' ? 'off' : 'ok';

/** Which telephones may have files of which server. */
export function accessSection({ phones }: Status): Html | undefined {
  if (phones.access.length === 0) return undefined;
  const rows = phones.access.map(
    (rule) =>
      html`<tr>
        <th scope="row">${rule.tree}</th>
        <td>${stateWord(toneOf(rule), wordOf(rule))}</td>
        <td class="wrap">
          ${rule.list !== null && outside(rule.list)}
          ${rule.faults > 0 && html`<span class="aside">${plural(rule.faults, 'line')} ignored</span>`}
          ${rule.why !== null && html`<span class="aside">${rule.why}</span>`}
        </td>
      </tr>`,
  );
  return section(
    'access',
    'Access lists',
    table('Access lists', [head('Server'), head('Open to'), head('List')], rows),
  );
}

function wordOf({ state, lines }: AccessRuleStatus): string {
  switch (state) {
    case 'open':
      return 'everybody';
    case 'closed':
      return 'nobody';
    case 'list':
      return lines === 0 ? 'nobody' : `${number(lines)} ${lines === 1 ? 'line' : 'lines'}`;
  }
}

/** Lists that close a tree, and lines that count for nothing. */
export function accessNotices({ phones }: Status): Notice[] {
  return phones.access.flatMap((rule): Notice[] => {
    const { tree, state, list, faults, firstFaults, why } = rule;
    if (state === 'closed') {
      return [
        {
          level: 'failed',
          what: `${tree} is closed to every telephone: ${list ?? ''} cannot be read: ${why ?? ''}`,
          advice: adviceFor('ACCESS_DENIED'),
          code: 'ACCESS_DENIED',
        },
      ];
    }
    const [first] = firstFaults;
    if (first === undefined) return [];
    const more = faults > 1 ? `, and ${plural(faults - 1, 'more line')}` : '';
    return [
      {
        level: 'warning',
        what: `${list ?? ''} of ${tree}: line ${first.line} is ignored (“${first.text}”: ${first.why})${more}.`,
        advice: 'Correct the line; the others count.',
      },
    ];
  });
}
