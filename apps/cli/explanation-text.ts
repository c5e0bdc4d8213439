import type { ExplainedAnswer, Explanation } from '#libs/delivery';
import { accessWords, endWords, outcomeWords } from '#libs/pages';
import { aligned, printable, table } from './table.ts';

/** An explanation for people: the decision, the file, the lines of scripts that count, and what they set. */
export function explanationText(explanation: Explanation): string {
  const { tree, address, answers, settings, complete } = explanation;
  const [first] = answers;
  const known = Object.entries(explanation.variables);
  const lines = [
    ...aligned([
      ['telephone', [address, ...known.map(([name, value]) => `${name} ${value}`)].join(', ')],
      ['asks', `${tree} for ${first?.asked ?? ''}`],
      ['access', accessWords(explanation.access)],
      ['gets', first === undefined ? '' : outcomeWords(first)],
      ...(first?.file ? fileRows(first.file) : []),
    ]),
    ...explanation.access.faults.map(({ line, text, why }) =>
      printable(`note: line ${line} of the list is ignored: "${text}": ${why}`),
    ),
    ...explanation.notes.map((note) => printable(`note: ${note}`)),
    ...answers.flatMap((answer) => scriptLines(answer, answers)),
  ];
  if (settings.length > 0) {
    lines.push(
      '',
      ...table(
        ['setting', 'value', 'from'],
        settings.map(({ name, value, file, line }) => [name, value, `${file}:${line}`]),
      ),
    );
  }
  if (!complete) lines.push('', 'This is not all: see above where it ends.');
  return `${lines.join('\n')}\n`;
}

const digits = new Intl.NumberFormat('en-GB');

const fileRows = (file: NonNullable<ExplainedAnswer['file']>): string[][] => [
  ['path', file.path],
  ['size', `${digits.format(file.size)} bytes`],
  ['changed', file.modifiedAt],
  ['etag', file.etag],
  ['sha256', file.sha256],
];

function scriptLines(answer: ExplainedAnswer, answers: readonly ExplainedAnswer[]): string[] {
  const { script, file } = answer;
  if (script === null || file === null) return [];
  const leadsTo = (line: number): string | undefined => {
    const next = answers.find(({ by }) => by?.file === file.name && by.line === line);
    return next && outcomeWords(next);
  };
  const width = String(script.steps.at(-1)?.line ?? 0).length;
  const rows = script.steps.map(({ line, text, holds, note }) => {
    const remark = note ?? leadsTo(line) ?? (holds === null ? '' : holds ? 'yes' : 'no');
    return [String(line).padStart(width), text, remark === '' ? '' : `→ ${remark}`];
  });
  const end = endWords(script, hint);
  return [
    '',
    printable(file.name),
    ...aligned(rows).map((line) => `  ${line}`),
    ...(end === '' ? [] : [`  ${end}`]),
  ];
}

const optionOf: Readonly<Record<string, string>> = {
  MODEL: '--model, as the telephone calls itself: 9611D01A',
  MODEL4: '--model',
  GROUP: '--group',
  MACADDR: '--mac',
};

/** Which option would make it known. */
function hint(why: string): string {
  const variable = /^\$(\w+) is not known$/.exec(why)?.[1];
  if (variable === undefined) return '';
  return ` (${optionOf[variable] ?? `--variable ${variable}=VALUE`})`;
}
