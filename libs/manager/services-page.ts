import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { html, section, stateWord, type Html, type Tone } from '#libs/pages';
import type { Desk, ManagerPage } from './manager-page.ts';

export const serviceActs = ['start', 'stop', 'restart'] as const;
export type ServiceAct = (typeof serviceActs)[number];

/** A program of this machine, and what can be done with it from here. */
export interface ServiceLook {
  /** Stands in addresses: server, watchdog. */
  readonly id: string;
  readonly title: string;
  /** What it is for, in a sentence. */
  readonly words: string;
  readonly tone: Tone;
  readonly state: string;
  /** Sentences: since when, under which process id, who keeps it running, why it has ended. */
  readonly facts: readonly string[];
  /** What can be done from here, now. */
  readonly acts: readonly ServiceAct[];
  /** What cannot be done from here and why, and what to run instead. */
  readonly instead: { readonly why: string; readonly commands: readonly string[] } | undefined;
}

export interface ServicesOptions {
  readonly look: () => Promise<readonly ServiceLook[]>;
  /** Resolves when it has begun. @throws BranchlineError SERVICE_REFUSED. */
  readonly act: (id: string, act: ServiceAct) => Promise<void>;
  /** A sentence when the server runs with other settings than the file has. */
  readonly pending: () => Promise<string | undefined>;
}

const doing: Readonly<Record<ServiceAct, { button: string; done: string; audit: AuditedAct }>> = {
  start: { button: 'Start', done: 'is being started', audit: 'started' },
  stop: { button: 'Stop', done: 'is being stopped', audit: 'stopped' },
  restart: { button: 'Restart', done: 'is being restarted', audit: 'restarted' },
};
type AuditedAct = 'started' | 'stopped' | 'restarted';

/** Start, stop and restart, where that is possible; else what to run instead. */
export function servicesPage(options: ServicesOptions): ManagerPage {
  return {
    path: '/services',
    title: 'Services',
    group: 'Server',
    register(app, desk) {
      app.get('/services', async (request, reply) => {
        const [services, pending] = await Promise.all([options.look(), options.pending()]);
        const token = desk.csrfField(request);
        return await desk.page(request, reply, {
          title: 'Services',
          about: 'The programs of this machine that telephones and branches depend on.',
          refreshS: 3,
          body: html`<div data-part="services">
            ${pending !== undefined && html`<p class="notice">${pending}</p>`}
            ${services.map((service) => serviceSection(service, token))}
          </div>`,
        });
      });
      actRoutes(app, desk, options);
    },
  };
}

function actRoutes(app: FastifyInstance, desk: Desk, { look, act }: ServicesOptions): void {
  app.get<{ Params: { id: string } }>('/services/:id/stop', async (request, reply) => {
    const service = await possible(look, request, 'stop');
    return await desk.page(request, reply, {
      title: `Stop the ${service.title.toLowerCase()}?`,
      under: '/services',
      body: html`<form class="card" method="post" action="/services/${service.id}/stop">
        ${desk.csrfField(request)}
        <p>${stopping[service.id] ?? 'It stays stopped until somebody starts it again.'}</p>
        <div class="actions">
          <button class="danger" type="submit">Stop it</button>
          <a class="button quiet" href="/services">Leave it running</a>
        </div>
      </form>`,
    });
  });
  app.post<{ Params: { id: string; act: string } }>(
    '/services/:id/:act',
    async (request, reply) => {
      const wanted = serviceActs.find((known) => known === request.params.act);
      if (wanted === undefined)
        throw new BranchlineError('NOT_FOUND', 'a service has no such button');
      const service = await possible(look, request, wanted);
      const { audit, done } = doing[wanted];
      await desk.audit(request, { kind: 'service', act: audit, name: service.id });
      await act(service.id, wanted);
      return desk.done(request, reply, '/services', `${service.title} ${done}.`);
    },
  );
}

const stopping: Readonly<Record<string, string>> = {
  server:
    'Telephones and branches get nothing from this server until somebody starts it again. The manager stays up.',
};

/** The service of the request. @throws BranchlineError NOT_FOUND, SERVICE_REFUSED. */
async function possible(
  look: ServicesOptions['look'],
  request: FastifyRequest<{ Params: { id: string } }>,
  act: ServiceAct,
): Promise<ServiceLook> {
  const service = (await look()).find(({ id }) => id === request.params.id);
  if (service === undefined) throw new BranchlineError('NOT_FOUND', 'there is no such service');
  if (service.acts.includes(act)) return service;
  const why = service.instead?.why ?? `it is ${service.state}`;
  throw new BranchlineError('SERVICE_REFUSED', `${service.title} cannot be told to ${act}: ${why}`);
}

function serviceSection(service: ServiceLook, token: Html): Html {
  const { id, title, words, tone, state, facts, acts, instead } = service;
  return section(
    `service-${id}`,
    title,
    html`<p>${stateWord(tone, state)}</p>
      <ul class="facts">
        <li class="faint">${words}</li>
        ${facts.map((fact) => html`<li>${fact}</li>`)}
      </ul>
      ${acts.length > 0 && html`<div class="actions">${acts.map((act) => button(service, act, token))}</div>`}
      ${
        instead !== undefined &&
        html`<p>${instead.why}</p>
          <pre tabindex="0">${instead.commands.join('\n')}</pre>`
      }`,
  );
}

function button({ id, title }: ServiceLook, act: ServiceAct, token: Html): Html {
  const label = html`${doing[act].button}<span class="hidden"> ${title}</span>`;
  if (act === 'stop') {
    return html`<a class="button quiet" href="/services/${id}/stop">${label}</a>`;
  }
  return html`<form method="post" action="/services/${id}/${act}">
    ${token}<button type="submit">${label}</button>
  </form>`;
}
