import type { FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { uploadKinds, type UploadKind } from '#libs/journal';
import {
  html,
  noticesList,
  number,
  outside,
  plural,
  recordsSection,
  relayNotices,
  relaySection,
  section,
  Times,
  type Html,
  type RecordIntakeStatus,
  type RelayStatus,
  type Status,
} from '#libs/pages';
import { formFields, type ManagerPage } from './manager-page.ts';
import { asked } from './query.ts';

/** What is to go once more; the server decides whether it is offered to a hub or delivered to the collector. */
export interface RelayChoice {
  readonly kind: UploadKind | undefined;
  readonly name: string;
  readonly branch: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly delivered: boolean;
}

export interface RelaySource {
  look(): Promise<{
    readonly relay: RelayStatus;
    /** undefined while the server does not answer. */
    readonly status: Status | undefined;
    readonly isHub: boolean;
  }>;
  /** Returns how many were chosen. */
  resend(choice: RelayChoice): Promise<number>;
}

/** Backups and call records: what waits, since when, what is missing, and sending it once more. */
export function relayPage(source: RelaySource): ManagerPage {
  return {
    path: '/relay',
    title: 'Relay',
    group: 'Watch',
    register(app, desk) {
      app.get('/relay', async (request, reply) => {
        const { relay, status, isHub } = await source.look();
        const times = new Times(new Date().toISOString());
        const told = relaySection(relay, times);
        const notices = relayNotices(relay, times);
        return await desk.page(request, reply, {
          title: 'Relay',
          about: 'Backups and call records: up from the branches, on to the collector.',
          refreshS: 10,
          reloadS: 60,
          body: html`<div data-part="notices">${noticesList(notices)}</div>
            ${told ?? section('relay', 'Backups and records', nothing)}
            ${recordsSection(status?.intakes ?? noIntakes, times)}
            ${told && section('resend', 'Send once more', resendForm(isHub))}`,
        });
      });

      app.get('/relay/resend', async (request, reply) => {
        const { isHub } = await source.look();
        const choice = choiceFrom((name) => asked(request, name));
        return await desk.page(request, reply, {
          title: 'Send once more',
          under: '/relay',
          body: confirmation(request, choice, isHub, desk.csrfField(request)),
        });
      });

      app.post('/relay/resend', async (request, reply) => {
        const fields = formFields(request.body);
        const choice = choiceFrom((name) => fields.get(name) ?? '');
        const { kind, name, branch } = choice;
        await desk.audit(request, {
          ...{ kind: kind ?? 'relay', act: 'resent', name },
          ...(branch !== '' && { branch }),
        });
        const count = await source.resend(choice);
        return desk.done(request, reply, '/relay', doneWords(count));
      });
    },
  };
}

const noIntakes: readonly RecordIntakeStatus[] = [];

const doneWords = (count: number): string =>
  count === 0 ? 'Nothing was like that.' : `${plural(count, 'file')} will go once more.`;

const nothing = html`<p class="empty">
  Nothing is relayed here. A branch sends backups and call records up with RequestBackup, CDRBackup
  and BCMSBackup, on the page Settings.
</p>`;

function choiceFrom(field: (name: string) => string): RelayChoice {
  const day = field('since');
  const since = day === '' ? 0 : Date.parse(`${day}T00:00:00`);
  if (!Number.isFinite(since)) {
    throw new BranchlineError('USAGE', `${JSON.stringify(day.slice(0, 40))} is no day: 2026-11-26`);
  }
  return {
    kind: uploadKinds.find((kind) => kind === field('kind')),
    name: field('name').trim() === '' ? '*' : field('name').trim(),
    branch: field('branch').trim(),
    since,
    delivered: field('delivered') === '1',
  };
}

const resendForm = (isHub: boolean): Html =>
  html`<form class="filter" method="get" action="/relay/resend">
    <div>
      <label for="kind">What</label>
      <select id="kind" name="kind">
        <option value="">all kinds</option>
        ${!isHub && html`<option value="backup">backups</option>`}
        <option value="cdr">CDR</option>
        <option value="bcms">BCMS</option>
      </select>
    </div>
    ${
      isHub &&
      html`<div>
        <label for="branch">Of which branch</label>
        <input id="branch" name="branch" maxlength="100" placeholder="all" />
      </div>`
    }
    <div>
      <label for="name">Name like</label>
      <input id="name" name="name" maxlength="255" placeholder="*" />
    </div>
    <div>
      <label for="since">Since</label>
      <input id="since" name="since" type="date" />
    </div>
    ${
      isHub &&
      html`<div>
        <label for="delivered">Delivered ones</label>
        <select id="delivered" name="delivered">
          <option value="">are left alone</option>
          <option value="1">go again, too</option>
        </select>
      </div>`
    }
    <button type="submit">Choose</button>
  </form>`;

function confirmation(
  request: FastifyRequest,
  { kind, name, branch, since, delivered }: RelayChoice,
  isHub: boolean,
  token: Html,
): Html {
  const fields = {
    ...{ kind: kind ?? '', name, branch, since: asked(request, 'since') },
    delivered: delivered ? '1' : '',
  };
  const what = { backup: 'Backups', cdr: 'CDR files', bcms: 'BCMS files' };
  return html`<form class="card" method="post" action="/relay/resend">
    ${token}
    ${Object.entries(fields).map(
      ([key, value]) => html`<input type="hidden" name="${key}" value="${value}" />`,
    )}
    <p>
      ${kind === undefined ? 'Files of all kinds' : what[kind]} with a name like
      <b>${outside(name)}</b>${branch !== '' && html` of ${outside(branch)}`}${
        since > 0 && `, since ${fields.since}`
      }
      ${
        isHub
          ? delivered
            ? 'are delivered again: the collector gets what it has had a second time.'
            : 'that were found damaged are tried again; what the collector has had is left alone.'
          : 'are offered to the hub again with the next run; it takes only what it does not hold whole.'
      }
      At most ${number(10_000)} at a time.
    </p>
    <p class="actions">
      <button type="submit">Send them once more</button>
      <a class="button quiet" href="/relay">Leave it as it is</a>
    </p>
  </form>`;
}
