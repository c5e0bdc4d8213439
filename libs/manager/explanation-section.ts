import type { ExplainedAnswer, Explanation } from '#libs/delivery';
import {
  accessWords,
  bytes,
  codeChip,
  endWords,
  head,
  html,
  outside,
  section,
  stateWord,
  table,
  type Html,
} from '#libs/pages';

/** What a telephone would get, and why, in words. */
export function explanationSection(explanation: Explanation): Html {
  const { answers, settings, access, notes, complete, tree, address } = explanation;
  const [first] = answers;
  return html`<div id="answer">
    ${section(
      'answer-first',
      'The answer',
      html`<dl class="facts">
          <div>
            <dt>Asks</dt>
            <dd>${address}, ${tree}, for ${outside(first?.asked ?? '')}</dd>
          </div>
          <div>
            <dt>Access</dt>
            <dd>
              ${stateWord(access.admitted ? 'ok' : 'failed', access.admitted ? 'let in' : 'kept out')}
              ${outside(accessWords(access))}
            </dd>
          </div>
          ${
            first &&
            html`<div>
              <dt>Gets</dt>
              <dd>${gets(first)}</dd>
            </div>`
          }
        </dl>
        ${notesList([
          ...access.faults.map(
            ({ line, text, why }) => `Line ${line} of the list is ignored: “${text}”: ${why}`,
          ),
          ...notes,
          ...(complete ? [] : ['This is not all: below stands where it ends.']),
        ])}`,
    )}
    ${settings.length > 0 && settingsSection(explanation)}
    ${answers.map((answer, place) => answer.script !== null && scriptSection(answer, place))}
  </div>`;
}

function gets({ asked, outcome, file, code, sentence }: ExplainedAnswer): Html {
  if (outcome === 'refused') {
    return html`${stateWord('failed', 'nothing')} ${outside(sentence ?? '')} ${codeChip(code)}`;
  }
  const what = html`${outside(file?.name ?? '')}
    <span class="faint">${bytes(file?.size ?? 0)}, changed ${file?.modifiedAt ?? ''}</span>`;
  return outcome === 'file'
    ? html`${stateWord('ok', 'the file')} ${what}`
    : html`${stateWord('warning', 'a substitute')} ${what}
        <span class="faint">instead of</span> ${outside(asked)}`;
}

const notesList = (notes: readonly string[]): Html | false =>
  notes.length > 0 &&
  html`<ul class="facts">
    ${notes.map((note) => html`<li>${outside(note)}</li>`)}
  </ul>`;

const settingsSection = ({ settings }: Explanation): Html =>
  section(
    'answer-settings',
    'What its settings are in the end',
    table(
      'Settings',
      ['Setting', 'Value', 'From'].map((text) => head(text)),
      settings.map(
        ({ name, value, file, line }) =>
          html`<tr>
            <th scope="row">${outside(name)}</th>
            <td>${outside(value)}</td>
            <td>${outside(file)}, line ${line}</td>
          </tr>`,
      ),
    ),
  );

function scriptSection({ file, script }: ExplainedAnswer, place: number): Html | undefined {
  if (script === null || file === null) return undefined;
  const end = endWords(script);
  return section(
    `answer-script-${place}`,
    `Line by line: ${file.name}`,
    html`${table(
      `Lines of ${file.name}`,
      ['Line', 'As it stands there', 'So'].map((text) => head(text)),
      script.steps.map(
        ({ line, text, holds, note }) =>
          html`<tr>
            <th scope="row">${line}</th>
            <td>
              <code><bdi>${text}</bdi></code>
            </td>
            <td>${note === null ? holdsText(holds) : outside(note)}</td>
          </tr>`,
      ),
    )}
    ${end !== '' && html`<p class="empty">${outside(end)}</p>`}`,
  );
}

const holdsText = (holds: boolean | null): Html | undefined => {
  if (holds === null) return undefined;
  return holds ? stateWord('ok', 'yes') : stateWord('off', 'no');
};
