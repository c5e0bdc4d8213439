import { html, type Html } from './html.ts';
import { awayAdvice } from './mirror-attention.ts';
import { areaWords, mirrorSentence } from './mirror-words.ts';
import { codeChip, factList, outside, section, stateWord, when, type Tone } from './pieces.ts';
import type { MirrorStatus } from './status.ts';
import { plural, type Times } from './words.ts';

/** Failures of each folder on the page; the JSON has more. */
const shown = 5;

/** What the two servers of a pair hold alike. */
export function mirrorSection(mirror: MirrorStatus, times: Times): Html {
  const { away, areas, lastContactAt } = mirror;
  const failing = areas.filter(({ behind, failures }) => behind > 0 || failures.length > 0);
  return section(
    'mirror',
    'Pair',
    html`<p class="told">
        ${mirrorSentence(mirror, times)} ${away && codeChip(away.code)}
        ${away && html`<span class="advice">${awayAdvice(away)}</span>`}
      </p>
      ${factList([
        ['Last answer', when(lastContactAt, times, 'none since the start')],
        ...failing.map((area) => [areaWords[area.area], areaText(area)] as const),
      ])}`,
    stateWord(...stateOf(mirror)),
  );
}

function stateOf({ away, caughtUp, inStep, areas }: MirrorStatus): [Tone, string] {
  if (away !== null) return ['warning', 'away'];
  if (areas.some(({ failures }) => failures.length > 0)) return ['warning', 'behind'];
  return caughtUp && inStep ? ['ok', 'in step'] : ['busy', 'catching up'];
}

function areaText({ behind, failures }: MirrorStatus['areas'][number]): Html {
  return html`${plural(behind, 'file')} behind
  ${failures
    .slice(0, shown)
    .map(
      ({ name, code, sentence }) =>
        html`<span class="failure"
          >${outside(name)} <span class="faint">${sentence}</span> ${codeChip(code)}</span
        >`,
    )}
  ${
    failures.length > shown &&
    html`<span class="failure faint">and more: <a href="/api/v1/status">as JSON</a></span>`
  }`;
}
