import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { html, maxMuteMinutes, stateWord, Times, type Html } from '#libs/pages';
import {
  activeSection,
  mutesSection,
  pastSection,
  receiversSection,
  testSection,
  type LastTest,
} from './alarm-sections.ts';
import type { AlarmsSource } from './alarms-source.ts';
import { formFields, type Desk, type ManagerPage } from './manager-page.ts';

/** Ends of a mute that can be chosen, in minutes. */
const ends = [
  [30, '30 minutes'],
  [120, '2 hours'],
  [480, '8 hours'],
  [1_440, '1 day'],
  [10_080, '7 days'],
  [maxMuteMinutes, '30 days'],
] as const;

/** What is on, in words with what to do; mutes, receivers and their tests, what is over. */
export function alarmsPage(source: AlarmsSource): ManagerPage {
  /** In memory: what a test was answered is of interest for a moment. */
  const last: { test?: LastTest } = {};
  return {
    path: '/alarms',
    title: 'Alarms',
    group: 'Watch',
    register(app, desk) {
      app.get('/alarms', async (request, reply) => {
        const list = await source.alarms();
        if (list === undefined) {
          return await desk.page(request, reply, { title: 'Alarms', refreshS: 5, body: down });
        }
        const times = new Times(source.now());
        const token = desk.csrfField(request);
        return await desk.page(request, reply, {
          title: 'Alarms',
          about: 'What needs a person, since when, and who has been told.',
          refreshS: 10,
          reloadS: 60,
          body: html`${activeSection(list, times)} ${mutesSection(list, times, token)}
          ${last.test && testSection(last.test, times)} ${receiversSection(list, times, token)}
          ${pastSection(list, times)}`,
        });
      });
      testRoute(app, desk, source, last);
      muteRoutes(app, desk, source);
    },
  };
}

const down = html`<div class="problem" role="alert" data-part="down">
  <p>${stateWord('failed', 'The server does not answer.')}</p>
  <p>Nobody looks for alarms now. Start it on the page Services.</p>
</div>`;

function testRoute(
  app: FastifyInstance,
  desk: Desk,
  source: AlarmsSource,
  last: { test?: LastTest },
): void {
  app.post('/alarms/test', async (request, reply) => {
    const receiver = formFields(request.body).get('receiver')?.slice(0, 32);
    await desk.audit(request, { kind: 'alarm', act: 'started', name: `test ${receiver ?? 'all'}` });
    const answer = await source.test(receiver);
    last.test = { at: source.now(), answer };
    const failed = answer.results.filter(({ ok }) => !ok).map((each) => each.receiver);
    const words =
      failed.length === 0
        ? 'Every receiver took the test.'
        : `The test was not taken by: ${failed.join(', ')}. Below is why.`;
    return desk.done(request, reply, '/alarms', words);
  });
}

interface OfAlarm {
  readonly Params: { readonly id: string };
}

function muteRoutes(app: FastifyInstance, desk: Desk, source: AlarmsSource): void {
  const form = (request: FastifyRequest, action: string): Html =>
    html`<form class="card" method="post" action="${action}">
      ${desk.csrfField(request)}
      <p>
        Webhook, syslog, mail and SNMP are not told until the end. Alarms are still looked for and
        shown here; the end is told, with what is on then.
      </p>
      <label for="minutes">For</label>
      <select id="minutes" name="minutes">
        ${ends.map(([minutes, words]) => html`<option value="${minutes}">${words}</option>`)}
      </select>
      <div class="actions">
        <button type="submit">Mute</button>
        <a class="button quiet" href="/alarms">Leave it</a>
      </div>
    </form>`;

  app.get('/alarms/mute', async (request, reply) => {
    const body = form(request, '/alarms/mute');
    return await desk.page(request, reply, { title: 'Mute all alarms?', under: '/alarms', body });
  });

  app.get<OfAlarm>('/alarms/:id/mute', async (request, reply) => {
    const id = idIn(request.params.id);
    const list = await source.alarms();
    const alarm = [...(list?.active ?? []), ...(list?.history ?? [])].find(
      (each) => each.id === id,
    );
    if (alarm === undefined) throw new BranchlineError('NOT_FOUND', 'there is no such alarm');
    return await desk.page(request, reply, {
      title: 'Mute this alarm?',
      under: '/alarms',
      about: alarm.what,
      body: form(request, `/alarms/${id}/mute`),
    });
  });

  const mute = async (request: FastifyRequest, alarm: number | undefined): Promise<string> => {
    const minutes = Number(formFields(request.body).get('minutes'));
    const { title, until } = await source.mute({ alarm, minutes, by: by(desk, request) });
    const end = new Times(source.now()).at(until);
    return `${title}: receivers are not told until ${end}.`;
  };
  app.post('/alarms/mute', async (request, reply) =>
    desk.done(request, reply, '/alarms', await mute(request, undefined)),
  );
  app.post<OfAlarm>('/alarms/:id/mute', async (request, reply) =>
    desk.done(request, reply, '/alarms', await mute(request, idIn(request.params.id))),
  );

  app.post<OfAlarm>('/alarms/mutes/:id/end', async (request, reply) => {
    const { title } = await source.unmute(idIn(request.params.id), by(desk, request));
    return desk.done(request, reply, '/alarms', `${title}: receivers are told again.`);
  });
}

/** As the server's audit log has it, which notes it before it counts. */
const by = (desk: Desk, request: FastifyRequest): string =>
  `administrator ${desk.account(request)}`.slice(0, 64);

function idIn(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new BranchlineError('NOT_FOUND', 'there is no such alarm or mute');
}
