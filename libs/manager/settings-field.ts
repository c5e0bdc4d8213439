import { html, type Html } from '#libs/pages';
import type { FormFault, FormField, PostedValue } from './settings-shapes.ts';

export interface FieldLook {
  readonly field: FormField;
  readonly faults: readonly FormFault[];
  readonly warnings: readonly FormFault[];
  /** What somebody filled in and could not be saved. */
  readonly filled: PostedValue | undefined;
  /** The cursor goes there. */
  readonly isFirst: boolean;
}

/** Names of inputs: the value of a setting, and two boxes to tick. */
export const inputNames = { value: 'v:', remove: 'remove:', empty: 'empty:' } as const;

export const fieldId = (name: string): string => `f-${name.toLowerCase().replace(/\W/g, '-')}`;

/** One setting: its name, what it is, its value, and what is wrong with that beside it. */
export function settingField(look: FieldLook): Html {
  const { field, faults, warnings } = look;
  const id = fieldId(field.name);
  return html`<div
    class="setting"
    data-words="${[field.key, ...field.aliases, field.description].join(' ').toLowerCase()}"
    data-differs="${field.differs ? 'yes' : 'no'}"
  >
    <div class="setting-words">
      <label for="${id}">${field.key}</label>
      ${field.differs && html`<span class="chip">not the default</span>`}
      <p class="hint" id="${id}-hint">${field.description} ${more(field)}</p>
    </div>
    <div class="setting-value">
      ${control(look, id)}
      ${
        faults.length > 0 &&
        html`<div id="${id}-fault">
          ${faults.map(({ message }) => html`<p class="fault">${field.key} ${message}</p>`)}
        </div>`
      }
      ${warnings.map(({ message }) => html`<p class="caution">${field.key} ${message}</p>`)}
    </div>
  </div>`;
}

function more(field: FormField): Html {
  const { aliases, restart, noEffect, note } = field;
  const sentences = [
    note,
    aliases.length > 0 ? `Also read: ${aliases.join(', ')}.` : '',
    restart === undefined ? 'Counts at once.' : '',
    noEffect === '' ? '' : `Has no effect: ${noEffect}.`,
  ].filter((sentence) => sentence !== '');
  const needs = field.kind === 'flag' ? '' : `Needs ${field.expects}. `;
  return html`${needs}Default: ${defaultOf(field)}. ${sentences.join(' ')}`;
}

/** Flags in words; a dash stands for nothing. */
function defaultOf({ kind, default: words }: FormField): string {
  if (kind === 'flag') return words === '1' ? 'on' : 'off';
  return words === '–' ? 'none' : words;
}

function control({ field, faults, filled, isFirst }: FieldLook, id: string): Html {
  if (field.givenBy !== undefined) {
    return html`<input id="${id}" value="${field.counts}" disabled aria-describedby="${id}-hint" />
      <p class="caution">${field.givenBy}</p>`;
  }
  const bad = faults.length > 0;
  const described = bad ? `${id}-fault ${id}-hint` : `${id}-hint`;
  const attributes = html`id="${id}" name="${inputNames.value}${field.name}"
  aria-describedby="${described}" ${bad && html`aria-invalid="true"`} ${isFirst && html`autofocus`}`;
  switch (field.kind) {
    case 'flag':
    case 'choice':
      return select(field, filled, attributes);
    case 'secret':
      return secret(field, attributes);
    case 'number':
    case 'text':
      return text(field, filled, attributes, id);
  }
}

function text(
  field: FormField,
  filled: PostedValue | undefined,
  attributes: Html,
  id: string,
): Html {
  const value = filled?.value ?? field.written ?? '';
  const isEmpty = filled?.empty ?? (field.written !== undefined && field.written.trim() === '');
  return html`<input
      ${attributes}
      value="${value}"
      placeholder="${defaultOf(field)}"
      autocomplete="off"
      spellcheck="false"
      ${field.kind === 'number' && html`inputmode="decimal"`}
    />
    ${
      field.empty !== '' &&
      html`<p>
        <input
          type="checkbox"
          id="${id}-empty"
          name="${inputNames.empty}${field.name}"
          value="1"
          ${isEmpty && html`checked`}
        /><label class="tick" for="${id}-empty">Leave it empty: ${field.empty}</label>
      </p>`
    }`;
}

function select(field: FormField, filled: PostedValue | undefined, attributes: Html): Html {
  const options = new Map([['', `default (${defaultOf(field)})`], ...optionsOf(field)]);
  const written = filled?.value ?? field.written?.trim() ?? '';
  const plain = field.kind === 'flag' ? asFlag(written) : written;
  if (!options.has(plain)) options.set(plain, plain);
  return html`<select ${attributes}>
    ${[...options].map(
      ([value, words]) =>
        html`<option value="${value}" ${value === plain && html`selected`}>${words}</option>`,
    )}
  </select>`;
}

const optionsOf = ({ kind, choices }: FormField): [string, string][] =>
  kind === 'flag'
    ? [
        ['1', 'on'],
        ['0', 'off'],
      ]
    : choices.map((choice) => [choice, choice]);

/** A flag as the Guide writes it; what is none stays as it is. */
function asFlag(written: string): string {
  const word = written.toLowerCase();
  if (['1', 'yes', 'true', 'on'].includes(word)) return '1';
  return ['0', 'no', 'false', 'off'].includes(word) ? '0' : written;
}

function secret(field: FormField, attributes: Html): Html {
  const id = fieldId(field.name);
  const shown = field.isSet && field.counts !== '' && !/^\*+$/.test(field.counts);
  return html`<input
      ${attributes}
      type="password"
      autocomplete="new-password"
      placeholder="${field.isSet ? 'set: leave this empty to keep it' : 'not set'}"
    />
    ${shown && html`<p class="hint">Now: <code>${field.counts}</code></p>`}
    ${
      field.isSet &&
      html`<p>
        <input
          type="checkbox"
          id="${id}-remove"
          name="${inputNames.remove}${field.name}"
          value="1"
        /><label class="tick" for="${id}-remove">Remove it</label>
      </p>`
    }`;
}
