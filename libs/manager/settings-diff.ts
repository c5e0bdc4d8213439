import { html, plural, type Html } from '#libs/pages';
import type { DiffRow } from './settings-shapes.ts';

const signs = { same: ' ', added: '+', removed: '−' } as const;
const spoken = { same: '', added: 'added: ', removed: 'removed: ' } as const;

/** Lines that were put in and taken out, told apart by a sign, a word for screen readers, and a colour. */
export function diffView(rows: readonly DiffRow[]): Html {
  const changed = rows.some(({ kind }) => kind === 'added' || kind === 'removed');
  if (!changed) return html`<p class="faint">Both say the same, line by line.</p>`;
  return html`<ul class="diff" tabindex="0" aria-label="Changed lines">
    ${rows.map((row) =>
      row.kind === 'gap'
        ? html`<li class="gap">${plural(row.lines, 'equal line')}</li>`
        : html`<li class="${row.kind}">
            <span class="sign" aria-hidden="true">${signs[row.kind]}</span>
            <span class="hidden">${spoken[row.kind]}</span> <bdi>${row.text}</bdi>
          </li>`,
    )}
  </ul>`;
}
