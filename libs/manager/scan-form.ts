import type { BranchlineError } from '#libs/errors';
import { codeChip, html, number, section, type Html } from '#libs/pages';
import type { ScanDesk } from './scan-desk.ts';

export interface ScanFormOptions {
  readonly choices: Awaited<ReturnType<ScanDesk['choices']>>;
  readonly token: Html;
  readonly running: boolean;
  /** What was asked for and refused. */
  readonly tried:
    { readonly what: string; readonly max: string; readonly fault: BranchlineError } | undefined;
}

/** What is to be scanned, and the Guide's maximum count. */
export function scanForm({ choices, token, running, tried }: ScanFormOptions): Html {
  const { folder, files, maxCount } = choices;
  const fault =
    tried &&
    html`<p class="fault" id="what-fault" role="alert">
      ${tried.fault.message} ${codeChip(tried.fault.code)}
    </p>`;
  return section(
    'scan',
    'Scan',
    html`<form method="post" action="/scan">
      ${token}
      <div class="filter">
        <div>
          <label for="what">Ranges, or a file of ranges</label>
          <input
            id="what"
            name="what"
            required
            maxlength="8000"
            autocomplete="off"
            list="range-files"
            placeholder="192.168.0.1-192.168.0.128"
            value="${tried?.what}"
            aria-describedby="${tried ? 'what-fault what-hint' : 'what-hint'}"
            ${tried && html`aria-invalid="true"`}
          />
          <datalist id="range-files">
            ${files.map((name) => html`<option value="${name}"></option>`)}
          </datalist>
        </div>
        <div class="short">
          <label for="max">Maximum count</label>
          <input
            id="max"
            name="max"
            inputmode="numeric"
            pattern="[0-9]*"
            maxlength="5"
            value="${tried?.max}"
            placeholder="${String(maxCount)}"
          />
        </div>
        <button type="submit" ${running ? '' : html`disabled`}>Scan</button>
      </div>
      ${fault && html`<div class="actions">${fault}</div>`}
      <div class="actions">
        <p class="hint" id="what-hint">
          First and last address, or <code>NETWORK/BITS</code>, with commas between several; at most
          ${number(maxCount)} addresses. ${fileHint(files, folder)}
        </p>
      </div>
    </form>`,
  );
}

const fileHint = (files: readonly string[], folder: string): Html =>
  files.length === 0
    ? html`A file in <code>${folder}</code> with a range on each line can be named as well.`
    : html`Files in <code>${folder}</code>:
        ${files.map((name, index) => html`${index > 0 && ', '}<code>${name}</code>`)}.`;
