import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import {
  bytes,
  codeChip,
  every,
  html,
  number,
  outside,
  plural,
  section,
  table,
  Times,
  head,
  when,
  type FleetBranch,
  type FleetMember,
  type Html,
  type Part,
} from '#libs/pages';
import {
  behindText,
  branchAddress,
  certificateText,
  clockText,
  diskText,
  phonesBehindText,
  pullLine,
  stateOf,
} from './fleet-rows.ts';
import { standingNotice, type FleetSource } from './fleet-source.ts';
import { formFields, type Desk } from './manager-page.ts';
import { versionsTable } from './scan-rows.ts';

interface OfBranch {
  readonly Params: { readonly name: string };
}

/** The page of one branch, and what can be done with it. */
export function fleetBranchRoutes(app: FastifyInstance, desk: Desk, source: FleetSource): void {
  app.get<OfBranch>('/fleet/:name', async (request, reply) => {
    const { name } = request.params;
    const { answer, standing } = await source.ask((fleet) => fleet.member(name));
    return await desk.page(request, reply, {
      title: name,
      under: '/fleet',
      refreshS: 3,
      reloadS: 30,
      body: html`${standingNotice(standing)}
      ${memberPage(answer, standing === 'running', desk.csrfField(request))}`,
    });
  });

  app.get<OfBranch>('/fleet/:name/revoke', async (request, reply) => {
    const { name } = request.params;
    const { answer } = await source.ask((fleet) => fleet.member(name));
    return await desk.page(request, reply, {
      title: `Revoke ${name}`,
      under: '/fleet',
      body: revokeForm(answer.branch, desk.csrfField(request)),
    });
  });

  app.post<OfBranch>('/fleet/:name/revoke', async (request, reply) => {
    const { name } = request.params;
    if (formFields(request.body).get('sure') !== 'yes') {
      throw new BranchlineError('USAGE', `tick that ${name} is to be locked out, then revoke it`);
    }
    // An act that concerns nobody must not stand in the audit log.
    await source.ask((fleet) => fleet.member(name));
    await desk.audit(request, { kind: 'branch', act: 'revoked', name });
    await source.revoke(name);
    return desk.done(request, reply, branchAddress(name), `${name} is locked out.`);
  });

  app.post<OfBranch>('/fleet/:name/sync', async (request, reply) => {
    const { name } = request.params;
    const { answer, standing } = await source.ask((fleet) => fleet.call(name));
    const message =
      standing !== 'running'
        ? 'The server does not answer: start it, then ask again.'
        : answer.reached
          ? `${name} has heard it and syncs now.`
          : `${name} is not connected just now; it syncs as soon as it comes, within a minute.`;
    return desk.done(request, reply, branchAddress(name), message);
  });
}

function memberPage(
  { branch, hub, troubles, certificateEndsAt, at }: FleetMember,
  running: boolean,
  token: Html,
): Html {
  const times = new Times(at);
  return html`${section(
    'branch',
    'How it is',
    html`<dl class="facts">${facts(branch, certificateEndsAt, times)}</dl>`,
  )}
  ${actions(branch, running, token)} ${section('has', 'What it has', holdings(branch, hub))}
  ${section('phones', 'Its telephones', phonesThere(branch, times))}
  ${section('troubles', 'What went wrong there', troubleTable(troubles, times))}`;
}

function facts(branch: FleetBranch, certificateEndsAt: string | null, times: Times): Html[] {
  const fact = (name: string, value: Part): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  const { lastError, state, intervalS } = branch;
  const now = state === 'revoked' ? null : lastError;
  return [
    fact(
      'State',
      html`${stateOf(branch)} ${pullLine(branch)}
      ${now && html`<p>${now.sentence} <span class="faint">${now.advice}</span> ${codeChip(now.code)}</p>`}`,
    ),
    fact('Releases behind', behindText(branch, times)),
    fact('Last asked', when(branch.lastSeenAt, times)),
    fact('Pulls', intervalS === null ? '–' : every(intervalS)),
    fact('Version', branch.version ?? '–'),
    fact(
      'Certificate',
      html`${certificateText(branch.certificateDaysLeft)}
      ${certificateEndsAt && html`<span class="faint">until ${certificateEndsAt.slice(0, 10)}</span>`}`,
    ),
    fact('Clock, against this hub', clockText(branch.clockSkewS)),
    fact('Free disk', diskText(branch.freeBytes)),
    fact('Joined', when(branch.joinedAt, times, 'not yet')),
    ...(branch.invitedUntil === null
      ? []
      : [fact('Invitation ends', when(branch.invitedUntil, times))]),
  ];
}

function actions({ name, state }: FleetBranch, running: boolean, token: Html): Html {
  const at = branchAddress(name);
  const joined = state !== 'invited' && state !== 'revoked';
  return html`<div class="actions">
    ${
      joined &&
      running &&
      html`<form method="post" action="${at}/sync">
        ${token}<button type="submit">Sync now</button>
      </form>`
    }
    <a class="button quiet" href="${`/join?name=${encodeURIComponent(name)}`}">New invitation</a>
    ${joined && html`<a class="button quiet" href="${`${at}/revoke`}">Revoke …</a>`}
  </div>`;
}

/** What of the release is there, as far as the branch tells it. */
function holdings({ releaseVersion, lacking, behind }: FleetBranch, hub: FleetMember['hub']): Html {
  const size = hub.files > 0 && html`: ${plural(hub.files, 'file')}, ${bytes(hub.bytes)}`;
  const release = html`release <b>${number(hub.release)}</b> of this hub${size}`;
  if (lacking !== null && lacking.files > 0) {
    const more = lacking.files - lacking.names.length;
    return html`<p>
        It lacks ${plural(lacking.files, 'file')} of release ${number(releaseVersion ?? 0)}, and has
        the others.
      </p>
      <ul class="rows">
        ${lacking.names.map((name) => html`<li>${outside(name)}</li>`)}
        ${more > 0 && html`<li class="faint">and ${number(more)} more</li>`}
      </ul>`;
  }
  if (behind === 0) return html`<p>All of ${release}.</p>`;
  if (releaseVersion === null) return html`<p>It has told of no release yet.</p>`;
  return html`<p>Release <b>${number(releaseVersion)}</b>, and not yet ${release}.</p>`;
}

/** What the newest scan there has found. */
function phonesThere({ scan }: FleetBranch, times: Times): Html {
  if (scan === undefined) {
    return html`<p class="empty">
      It has told of no scan. One is started at its own manager, or by its schedule.
    </p>`;
  }
  const { at, phones, asked, failed, silent, versions } = scan;
  return html`<p>
      ${plural(phones, 'telephone')} of ${plural(asked, 'address', 'addresses')} answered,
      ${when(at, times)}: ${phonesBehindText(scan)}.
      ${failed > 0 && html`${plural(failed, 'telephone')} failed the last load.`}
      ${silent > 0 && html`<span class="faint">${number(silent)} did not answer.</span>`}
    </p>
    ${versions.length > 0 && versionsTable(versions)}`;
}

function troubleTable(troubles: FleetMember['troubles'], times: Times): Html {
  if (troubles.length === 0) return html`<p class="empty">Nothing, as far as it has told.</p>`;
  return table(
    'Troubles, those that last first',
    [head('What'), head('Since'), head('Until')],
    troubles.map(
      ({ sentence, name, advice, code, firstAt, endedAt }) =>
        html`<tr>
          <td class="wrap">
            ${name !== null && html`<b>${outside(name)}</b>: `}${sentence}
            <span class="faint">${advice}</span> ${codeChip(code)}
          </td>
          <td>${when(firstAt, times)}</td>
          <td>${when(endedAt, times, 'it lasts')}</td>
        </tr>`,
    ),
  );
}

function revokeForm({ name }: FleetBranch, token: Html): Html {
  return section(
    'revoke',
    'Lock this branch out',
    html`<p>
        ${outside(name)} loses its connections within a second and gets and sends nothing more. Its
        telephones keep what is there. A new invitation takes it back.
      </p>
      <form class="fields" method="post" action="${`${branchAddress(name)}/revoke`}">
        ${token}
        <label>
          <input type="checkbox" name="sure" value="yes" required />Lock ${outside(name)} out
        </label>
        <div class="actions">
          <button class="danger" type="submit">Revoke</button>
          <a class="button quiet" href="${branchAddress(name)}">Leave it as it is</a>
        </div>
      </form>`,
  );
}
