import { html, type Html } from './html.ts';
import { outright, type Finding, type Notice } from './attention.ts';
import { adviceFor } from './advice.ts';
import { figure, head, outside, section, stateWord, table, when } from './pieces.ts';
import type { RecordIntakeStatus } from './status.ts';
import { bytes, duration, names, number, plural, type Times } from './words.ts';

const intakeWords = { link: 'CDR link', web: 'HTTP' } as const;

/** Call records that come over the network: who sends, what was the last, where they go. */
export function recordsSection(
  intakes: readonly RecordIntakeStatus[],
  times: Times,
): Html | undefined {
  if (intakes.length === 0) return undefined;
  const rows = intakes.map((intake) => {
    const { connected, files, trouble, silentSince, recordsToday, lastRecordAt } = intake;
    const [tone, word] =
      trouble !== null
        ? (['failed', 'waits for the disk'] as const)
        : silentSince !== null
          ? (['warning', 'silent'] as const)
          : intake.intake === 'link' && connected.length === 0
            ? (['off', 'not connected'] as const)
            : (['ok', 'ready'] as const);
    const from = connected.map((each) => each.from);
    return html`<tr>
      <th scope="row">${intakeWords[intake.intake]}</th>
      <td>${stateWord(tone, word)}</td>
      ${figure(number(recordsToday))}
      <td>${when(lastRecordAt, times, 'none yet')}</td>
      <td class="wrap">
        ${from.length > 0 && html`<span class="aside">${names(from)}</span>`}
        ${files.map(
          (file) => html`<span class="aside">${outside(file.name)} (${bytes(file.bytes)})</span>`,
        )}
      </td>
    </tr>`;
  });
  const heads = [
    head('Intake'),
    head('State'),
    head('Today', 'figure'),
    head('Last record'),
    head('From, into'),
  ];
  return section('records', 'Call records', table('Call records', heads, rows));
}

/** What a person should look at before records are lost at the switch. */
export const recordNotices = (intakes: readonly RecordIntakeStatus[], times: Times): Notice[] =>
  intakes.flatMap((intake) => [
    ...troubleOf(intake),
    ...outright(silenceFindings([intake], times)),
  ]);

function troubleOf({ intake, trouble }: RecordIntakeStatus): Notice[] {
  if (trouble === null) return [];
  return [
    {
      level: 'failed',
      what: `Call records (${intakeWords[intake]}) cannot be stored: ${trouble.sentence}`,
      advice: `${adviceFor(trouble.code)} Until then they wait at whoever sends them, as long as there is room.`,
      code: trouble.code,
    },
  ];
}

/** Ways on which no record has come for too long. Near it: after a start nobody knows yet. */
export function silenceFindings(intakes: readonly RecordIntakeStatus[], times: Times): Finding[] {
  return intakes.flatMap(({ intake, silentSince, lastRecordAt, connected }): Finding[] => {
    if (silentSince === null && lastRecordAt !== null) return [];
    const silence = duration(silentSince === null ? 0 : times.ageS(silentSince));
    const way =
      intake === 'link' ? `the CDR link (${plural(connected.length, 'connection')})` : 'HTTP';
    return [
      {
        about: intakeWords[intake],
        near: silentSince === null,
        level: 'warning',
        what:
          intake === 'link' && connected.length === 0
            ? `No switch has been connected to the CDR link for ${silence}.`
            : `No call record has come by ${way} for ${silence}.`,
        advice:
          'Check the switch and the way from it: what it cannot send it keeps only for a while.',
      },
    ];
  });
}
