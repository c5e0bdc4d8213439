import { html, type Html, type Part } from './html.ts';
import type { Times } from './words.ts';

/** The product's mark, for the banner of each page. */
export const mark: Html = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <path d="M6 16h8M14 16c5 0 4-9 10-9M14 16h10M14 16c5 0 4 9 10 9" />
  <circle cx="6" cy="16" r="3.5" />
  <circle cx="25.5" cy="7" r="2.5" />
  <circle cx="25.5" cy="16" r="2.5" />
  <circle cx="25.5" cy="25" r="2.5" />
</svg>`;

/** How something is, as a shape and a colour; a word always stands beside it. */
export type Tone = 'ok' | 'busy' | 'warning' | 'failed' | 'off';

export function stateWord(tone: Tone, word: string): Html {
  return html`<span class="state ${tone}">${word}</span>`;
}

/** A moment, absolute and relative; the full one for those who point at it. */
export function when(iso: string | null, times: Times, never = 'never'): Html {
  if (iso === null) return html`<span class="faint">${never}</span>`;
  return html`<time datetime="${iso}" title="${iso}"
    ><b>${times.relative(iso)}</b> <span class="faint">${times.at(iso)}</span></time
  >`;
}

/** A name that came from outside: its writing direction stays its own. */
export function outside(name: string): Html {
  return html`<bdi>${name}</bdi>`;
}

export function codeChip(code: string | null | undefined): Html | undefined {
  return code ? html`<code class="chip">${code}</code>` : undefined;
}

/** A share as a bar; the figure must stand beside it as text. */
export function bar(parts: readonly { share: number; tone: Tone }[]): Html {
  let x = 0;
  const gap = parts.length > 1 ? 4 : 0;
  const pieces = parts.map(({ share, tone }) => {
    const width = Math.min(Math.max(share, 0), 1) * 1000;
    const piece = html`<rect
      class="${tone}"
      x="${x}"
      width="${Math.max(width - gap, 1)}"
      height="10"
    ></rect>`;
    x += width;
    return piece;
  });
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
    ${pieces}
  </svg>`;
}

/** A section with its heading; `part` names what the page's script renews without a reload. */
export function section(id: string, heading: string, body: Part, summary?: Part): Html {
  return html`<section class="panel" id="${id}" aria-labelledby="${id}-heading">
    <div class="panel-head">
      <h2 id="${id}-heading">${heading}</h2>
      ${summary ? html`<p class="summary" data-part="${id}-summary">${summary}</p>` : ''}
    </div>
    <div data-part="${id}">${body}</div>
  </section> `;
}

/** A table that scrolls by itself where it is wider than its place, also by keyboard. */
export function table(label: string, heads: readonly Part[], rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export const head = (text: string, kind = ''): Html =>
  kind === ''
    ? html`<th scope="col">${text}</th>`
    : html`<th scope="col" class="${kind}">${text}</th>`;

export const figure = (text: Part): Html => html`<td class="figure">${text}</td>`;

/** Names and what there is to say of each. */
export function factList(rows: readonly (readonly [string, Part])[]): Html {
  return html`<dl class="facts">
    ${rows.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
