import { html, plural, type Html } from '#libs/pages';
import { fieldId, settingField } from './settings-field.ts';
import { diffView } from './settings-diff.ts';
import type { DiffRow, FormFault, FormField, FormNow, Posted } from './settings-shapes.ts';

export interface SettingsFilter {
  /** Words that a setting must have in its name or description. */
  readonly text: string;
  readonly onlyDiffering: boolean;
}

export interface SettingsLook {
  readonly form: FormNow;
  readonly filter: SettingsFilter;
  readonly token: Html;
  readonly pending: string | undefined;
  /** Of a change that was not saved. */
  readonly faults: readonly FormFault[];
  readonly filled: Posted;
  /** What somebody else changed meanwhile. */
  readonly overtaken: readonly DiffRow[] | undefined;
}

/** The settings as a form: a group for each section, every fault beside its field. */
export function settingsView(look: SettingsLook): Html {
  const { form, filter, token, pending, overtaken } = look;
  const refused = look.faults.length > 0;
  const faults = refused ? look.faults : form.faults;
  const first = firstFaulty(form, faults);
  const isNarrow = filter.text !== '' || filter.onlyDiffering;
  const sections = form.sections.flatMap(({ name, words, fields }) => {
    const shown = fields.filter((field) => isShown(field, filter) || hasFault(field, faults));
    return shown.length === 0 ? [] : [{ name, words, shown, all: fields.length }];
  });
  return html`${
      pending !== undefined &&
      html`<div class="notice">
        <p>${pending}</p>
        <p><a class="button" href="/services">Services</a></p>
      </div>`
    }
    ${faultSummary(form, faults, refused)} ${overtaken && overtakenNotice(overtaken)}
    ${filterForm(filter)}
    <form class="settings" method="post" action="/settings">
      ${token}<input type="hidden" name="version" value="${form.version}" />
      ${sections.map(({ name, words, shown, all }) => {
        const bad = shown.filter((field) => hasFault(field, faults)).length;
        const set = shown.filter((field) => field.differs).length;
        return html`<details
          class="panel"
          id="section-${name}"
          ${(isNarrow || bad > 0 || refused) && html`open`}
        >
          <summary>
            <h2>[${name}]</h2>
            <span class="faint">${words}</span>
            <span class="count"
              >${bad > 0 ? plural(bad, 'fault') : `${set} of ${all} not the default`}</span
            >
          </summary>
          ${shown.map((field) =>
            settingField({
              field,
              faults: faults.filter((fault) => fault.field === field.name),
              warnings: form.warnings.filter((fault) => fault.field === field.name),
              filled: look.filled.get(field.name),
              isFirst: field.name === first,
            }),
          )}
        </details>`;
      })}
      ${
        sections.length === 0
          ? html`<p class="problem">No setting is like that.</p>`
          : html`<div class="save">
              <button type="submit">Save</button>
              <span class="hint"
                >Nothing is written while there is a fault; comments in the file stay.</span
              >
            </div>`
      }
    </form>`;
}

const hasFault = ({ name }: FormField, faults: readonly FormFault[]): boolean =>
  faults.some((fault) => fault.field === name);

const firstFaulty = (form: FormNow, faults: readonly FormFault[]): string | undefined =>
  form.sections.flatMap(({ fields }) => fields).find((field) => hasFault(field, faults))?.name;

function isShown(field: FormField, { text, onlyDiffering }: SettingsFilter): boolean {
  if (onlyDiffering && !field.differs) return false;
  const words = [field.section, field.key, ...field.aliases, field.description];
  return words.join(' ').toLowerCase().includes(text.trim().toLowerCase());
}

function faultSummary(
  { file }: FormNow,
  faults: readonly FormFault[],
  refused: boolean,
): Html | false {
  if (faults.length === 0) return false;
  const [verb, many] = [faults.length === 1 ? 'is' : 'are', plural(faults.length, 'fault')];
  return html`<div class="problem" role="alert">
    <p class="fault">
      ${
        refused
          ? `There ${verb} ${many}: nothing was written.`
          : `There ${verb} ${many} in ${file}: a server does not start with it.`
      }
    </p>
    <ul>
      ${faults.map(
        ({ field, where, message }) =>
          html`<li>
            ${field === undefined ? where : html`<a href="#${fieldId(field)}">${where}</a>`}
            ${message}
          </li>`,
      )}
    </ul>
  </div>`;
}

const overtakenNotice = (diff: readonly DiffRow[]): Html =>
  html`<div class="problem" role="alert">
    <p>
      Somebody else changed the file since this form was shown. Nothing was written. Your values are
      filled in below, secrets apart: look at what is new, then save again.
    </p>
    ${diffView(diff)}
  </div>`;

const filterForm = ({ text, onlyDiffering }: SettingsFilter): Html =>
  html`<form class="filter" method="get" action="/settings" role="search" id="settings-filter">
    <div>
      <label for="find">Find a setting</label>
      <input id="find" name="find" type="search" value="${text}" autocomplete="off" />
    </div>
    <div class="ticked">
      <input
        type="checkbox"
        id="differing"
        name="differing"
        value="1"
        ${onlyDiffering && html`checked`}
      /><label class="tick" for="differing">Only what is not the default</label>
    </div>
    <button class="quiet" type="submit">Show</button>
  </form>`;
