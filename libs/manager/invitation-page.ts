import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { html, outside, section, stateWord, Times, when, type Html } from '#libs/pages';
import { branchAddress } from './fleet-rows.ts';
import { maxHours, type InvitationState, type JoinDesk } from './join-desk.ts';
import { formFields, type Desk } from './manager-page.ts';

const hourMs = 3_600_000;
/** Lines that can be shown again; of an older one only its end is known. */
const keptLines = 50;

interface OfInvitation {
  readonly Params: { readonly id: string };
}

/** Making an invitation, copying its line, watching the branch arrive, taking it back. */
export function invitationRoutes(app: FastifyInstance, desk: Desk, join: JoinDesk): void {
  /** In memory alone: what is on the disk opens nothing. */
  const lines = new Map<string, string>();

  app.post('/join/invitations', async (request, reply) => {
    const fields = formFields(request.body);
    const name = fields.get('name')?.trim() ?? '';
    const address = fields.get('address')?.trim() ?? '';
    const lifeMs = hoursIn(fields.get('hours')) * hourMs;
    await desk.audit(request, { kind: 'invitation', act: 'invited', name: name.slice(0, 64) });
    const made = await join.invite({ name, lifeMs, ...(address !== '' && { address }) });
    lines.set(made.tokenHash, made.joinString);
    for (const old of [...lines.keys()].slice(0, -keptLines)) lines.delete(old);
    return reply.redirect(`/join/invitations/${made.tokenHash}`, 303);
  });

  app.get<OfInvitation>('/join/invitations/:id', async (request, reply) => {
    const { id } = request.params;
    const state = await join.invitation(id);
    if (state === undefined) {
      throw new BranchlineError('JOIN_TOKEN_UNKNOWN', 'there is no such invitation any more');
    }
    const { branch } = state.invitation;
    const waits = isOpen(state, join.now());
    if (!waits) lines.delete(id);
    const times = new Times(new Date(join.now()).toISOString());
    return await desk.page(request, reply, {
      title: `Invitation of ${branch}`,
      under: '/join',
      refreshS: 2,
      reloadS: waits ? 15 : 0,
      body: html`${waits && lineSection(branch, lines.get(id))}
      ${section('arrival', 'Arrival', arrival(state, times, join.now()))}
      ${waits && withdrawForm(id, desk.csrfField(request))}`,
    });
  });

  app.post<OfInvitation>('/join/invitations/:id/withdraw', async (request, reply) => {
    const { id } = request.params;
    const name = (await join.invitation(id))?.invitation.branch ?? id.slice(0, 64);
    await desk.audit(request, { kind: 'invitation', act: 'removed', name });
    await join.withdraw(id);
    lines.delete(id);
    return desk.done(request, reply, '/join', `The invitation of ${name} is withdrawn.`);
  });
}

function hoursIn(text: string | undefined): number {
  const hours = /^\d{1,3}$/.test(text ?? '') ? Number(text) : 0;
  if (hours >= 1 && hours <= maxHours) return hours;
  throw new BranchlineError('USAGE', `an invitation is good for 1 to ${maxHours} hours`);
}

const isOpen = ({ invitation }: InvitationState, now: number): boolean =>
  invitation.usedAt === undefined && invitation.expiresAt > now;

function lineSection(branch: string, line: string | undefined): Html {
  if (line === undefined) {
    return section(
      'line',
      'Its line is not known any more',
      html`<p>It is shown once only, as it opens the door. Withdraw it and make a new one.</p>`,
    );
  }
  return section(
    'line',
    'Copy this line',
    html`<div class="fields">
      <label for="join-string"
        >Paste it at ${outside(branch)}: on the page Join of its manager</label
      >
      <textarea id="join-string" rows="5" readonly spellcheck="false">${line}</textarea>
      <div class="actions">
        <button type="button" data-copy="join-string" hidden>Copy</button>
      </div>
      <p class="hint">
        It is good once, and whoever has it can join as ${outside(branch)}. On a machine without the
        manager: <code>branchline join LINE --config FILE</code>
      </p>
    </div>`,
  );
}

/** How far it has come: invited, joined, heard of. */
function arrival(state: InvitationState, times: Times, now: number): Html {
  const { invitation, branch } = state;
  const { usedAt, expiresAt } = invitation;
  const name = outside(invitation.branch);
  if (usedAt === undefined) {
    return isOpen(state, now)
      ? html`<p>
          ${stateWord('busy', 'Waiting')} for ${name}. The line is good until
          ${when(new Date(expiresAt).toISOString(), times)}.
        </p>`
      : html`<p>
          ${stateWord('off', 'Expired.')} Nobody has used it.
          <a href="${`/join?name=${encodeURIComponent(invitation.branch)}`}">Make a new one</a>.
        </p>`;
  }
  const joined = html`<p>
    ${stateWord('ok', 'Joined')} ${when(new Date(usedAt).toISOString(), times)}.
  </p>`;
  const heard = branch?.reportedAt !== undefined && branch.reportedAt >= usedAt;
  return html`${joined}
  ${
    heard
      ? html`<p>
          ${stateWord('ok', 'It has reported.')}
          <a href="${branchAddress(invitation.branch)}">See how ${name} is</a>.
        </p>`
      : html`<p>
          ${stateWord('busy', 'Waiting')} for its first report: the server there has to be started,
          or started again.
        </p>`
  }`;
}

function withdrawForm(id: string, token: Html): Html {
  return html`<form class="actions" method="post" action="${`/join/invitations/${id}/withdraw`}">
    ${token}<button class="quiet" type="submit">Withdraw it</button>
    <a class="button quiet" href="/join">All invitations</a>
  </form>`;
}
