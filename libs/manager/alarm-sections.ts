import {
  codeChip,
  duration,
  figure,
  head,
  html,
  number,
  outside,
  plural,
  section,
  stateWord,
  table,
  when,
  type AlarmList,
  type AlarmTestAnswer,
  type Html,
  type ListedAlarm,
  type Times,
} from '#libs/pages';

/** Of each kind; the command lists all. */
const shown = { active: 100, history: 50 } as const;

const levels = { critical: 'failed', warning: 'warning' } as const;

/** What is on, the worst first. */
export function activeSection({ active, activeTotal }: AlarmList, times: Times): Html {
  const worstFirst = [
    ...active.filter(({ severity }) => severity === 'critical'),
    ...active.filter(({ severity }) => severity === 'warning'),
  ];
  const rest = activeTotal - Math.min(active.length, shown.active);
  return html`<section id="active" aria-labelledby="active-heading">
    <h2 id="active-heading" class="hidden">Alarms that are on</h2>
    <p id="headline" role="status" aria-live="polite" data-part="headline">
      ${
        worstFirst[0] === undefined
          ? stateWord('ok', 'No alarm is on.')
          : stateWord(
              levels[worstFirst[0].severity],
              `${plural(activeTotal, 'alarm')} ${activeTotal === 1 ? 'is' : 'are'} on`,
            )
      }
    </p>
    <div data-part="active">
      ${
        worstFirst.length > 0 &&
        html`<ul class="notices">
          ${worstFirst.slice(0, shown.active).map((alarm) => activeAlarm(alarm, times))}
          ${rest > 0 && html`<li class="more">and ${number(rest)} more</li>`}
        </ul>`
      }
    </div>
  </section>`;
}

function activeAlarm(alarm: ListedAlarm, times: Times): Html {
  const { id, severity, title, about, what, advice, code, since, muted } = alarm;
  return html`<li class="notice ${levels[severity]}">
    <p class="what"><span class="hidden">${severity}: </span>${what}</p>
    ${advice !== '' && html`<p class="advice">${advice}</p>`}
    <p class="alarm-facts">
      <span>${title}</span>
      <span>since ${when(since, times)}</span>
      ${codeChip(code)}
      ${
        muted
          ? html`<span class="faint">muted: receivers are not told</span>`
          : html`<a href="/alarms/${id}/mute"
              >Mute<span class="hidden"> ${title} ${about}</span>…</a
            >`
      }
    </p>
  </li>`;
}

export function mutesSection({ mutes }: AlarmList, times: Times, token: Html): Html | undefined {
  if (mutes.length === 0) return undefined;
  const items = mutes.map(
    ({ id, title, by, until }) =>
      html`<li>
        <span class="answer">
          ${outside(title)}
          <span class="faint">until ${when(until, times)}, by ${outside(by)}</span>
        </span>
        <form method="post" action="/alarms/mutes/${id}/end">
          ${token}<button class="quiet" type="submit">
            End<span class="hidden"> the mute of ${title}</span> now
          </button>
        </form>
      </li>`,
  );
  return section(
    'mutes',
    'Muted',
    html`<ul class="rows">
      ${items}
    </ul>`,
  );
}

export function receiversSection({ receivers }: AlarmList, times: Times, token: Html): Html {
  const items = receivers.map(
    (receiver) =>
      html`<li>
        <span class="answer">
          <b>${receiver.name}</b> ${outside(receiver.address)} ${receiverState(receiver, times)}
        </span>
        <form method="post" action="/alarms/test">
          ${token}<input type="hidden" name="receiver" value="${receiver.name}" />
          <button class="quiet" type="submit">
            Test<span class="hidden"> ${receiver.name}</span>
          </button>
        </form>
      </li>`,
  );
  const body =
    receivers.length === 0
      ? html`<p class="empty">
          Nobody outside is told: name a webhook, syslog, mail or SNMP server in the section ALARMS
          of the settings.
        </p>`
      : html`<ul class="rows">
          ${items}
        </ul>`;
  return section(
    'receivers',
    'Who is told',
    html`${body}
      <div class="actions">
        <form method="post" action="/alarms/test">
          ${token}<button type="submit">Send a test to all</button>
        </form>
        <a class="button quiet" href="/alarms/mute">Mute all alarms…</a>
      </div>`,
  );
}

function receiverState(receiver: AlarmList['receivers'][number], times: Times): Html {
  const { waiting, dropped, failingSince, lastSentAt, lastError } = receiver;
  const state =
    failingSince !== null
      ? html`${stateWord('failed', 'takes none')} since ${when(failingSince, times)}: ${lastError}`
      : lastSentAt === null
        ? stateWord('off', 'has not been told anything yet')
        : html`${stateWord('ok', 'takes them')}, the last ${when(lastSentAt, times)}`;
  const queue = [
    ...(waiting > 0 ? [`${plural(waiting, 'message')} ${waiting === 1 ? 'waits' : 'wait'}`] : []),
    ...(dropped > 0 ? [`${number(dropped)} dropped`] : []),
  ];
  return html`<span class="aside">${state}</span>
    ${queue.length > 0 && html`<span class="aside">${queue.join(', ')}</span>`}`;
}

export interface LastTest {
  /** ISO 8601. */
  readonly at: string;
  readonly answer: AlarmTestAnswer;
}

export function testSection({ at, answer }: LastTest, times: Times): Html {
  return section(
    'test',
    'What the last test was answered',
    html`<ul class="rows">
      ${answer.results.map(
        ({ receiver, ok, answer: words }) =>
          html`<li>
            ${stateWord(ok ? 'ok' : 'failed', receiver)} <span class="answer">${words}</span>
          </li>`,
      )}
    </ul>`,
    when(at, times),
  );
}

export function pastSection({ history }: AlarmList, times: Times): Html {
  const rows = history.slice(0, shown.history).map(
    ({ what, title, since, clearedAt, severity }) =>
      html`<tr>
        <td class="wrap">${what}<span class="aside">${title}, ${severity}</span></td>
        <td>${when(since, times)}</td>
        <td>${when(clearedAt, times)}</td>
        ${figure(clearedAt === null ? '' : duration((Date.parse(clearedAt) - Date.parse(since)) / 1_000))}
      </tr>`,
  );
  const heads = [head('What was'), head('Since'), head('Over'), head('For', 'figure')];
  return section(
    'past',
    'What is over',
    rows.length === 0
      ? html`<p class="empty">Nothing yet.</p>`
      : table('Alarms that are over', heads, rows),
  );
}
