import { BranchlineError } from '#libs/errors';
import type { Invitation } from '#libs/journal';
import { head, html, outside, section, table, Times, when, type Html } from '#libs/pages';
import { invitationRoutes } from './invitation-page.ts';
import { maxHours, type JoinDesk, type OwnHub } from './join-desk.ts';
import { formFields, type ManagerPage } from './manager-page.ts';

const hourMs = 3_600_000;
/** How servers come together: this one becomes a hub and invites branches, or joins a hub. */
export function joinPage(join: JoinDesk): ManagerPage {
  return {
    path: '/join',
    title: 'Join',
    group: 'Steer',
    register(app, desk) {
      app.get<{ Querystring: { name?: unknown } }>('/join', async (request, reply) => {
        const [hub, above] = await Promise.all([join.hub(), join.ownHubs()]);
        const token = desk.csrfField(request);
        const name = typeof request.query.name === 'string' ? request.query.name.slice(0, 64) : '';
        const open = hub === undefined ? [] : await join.invitations();
        const times = new Times(new Date(join.now()).toISOString());
        return await desk.page(request, reply, {
          title: 'Join',
          about: 'A hub invites with one line; a branch joins with it, once.',
          body: html`${
            hub === undefined
              ? section('hub', 'Make this server a hub', hubForm(token))
              : html`${section('invite', 'Invite a branch', inviteForm({ ...hub, name }, token))}
                ${section('open', 'Open invitations', openTable(open, times, token))}`
          }
          ${section('above', 'Join a hub', html`${aboveList(above, times)} ${joinForm(token)}`)}`,
        });
      });

      app.post('/join/hub', async (request, reply) => {
        const name = formFields(request.body).get('name')?.trim() ?? '';
        await desk.audit(request, { kind: 'settings', act: 'changed', name: 'FileServer' });
        await join.makeHub(name === '' ? undefined : name, by(desk.account(request)));
        return desk.done(
          request,
          reply,
          '/join',
          'This server is a hub from its next start on. Start it, or start it again, on the page Services; then invite its branches here.',
        );
      });

      app.post('/join/here', async (request, reply) => {
        const fields = formFields(request.body);
        const line = fields.get('line')?.trim() ?? '';
        if (line === '') throw new BranchlineError('USAGE', 'paste the line that the hub made');
        const peer = fields.get('peer') === 'secondary' ? 'secondary' : 'primary';
        // The line is a secret: it stands in no log.
        await desk.audit(request, { kind: 'hub', act: 'joined', name: peer });
        const { address, branch } = await join.join(line, peer, by(desk.account(request)));
        return desk.done(
          request,
          reply,
          '/join',
          `Joined ${address} as ${branch} (${peer}). It counts from the next start: start the server, or start it again, on the page Services.`,
        );
      });

      invitationRoutes(app, desk, join);
    },
  };
}

const by = (account: string): string => `administrator ${account}`;

function hubForm(token: Html): Html {
  return html`<form class="fields" method="post" action="/join/hub">
    ${token}
    <p class="hint">
      A hub keeps firmware and settings for its branches and takes their backups and call records.
      It gets an authority and signing keys of its own, and two ports: 4411, and 4412 while an
      invitation is open.
    </p>
    <label for="hub-name">Host name or IP address by which branches reach it</label>
    <input
      id="hub-name"
      name="name"
      maxlength="253"
      autocomplete="off"
      spellcheck="false"
      placeholder="hub.example.com"
    />
    <p class="hint">Nothing = the name of this machine.</p>
    <button type="submit">Make it a hub</button>
  </form>`;
}

function inviteForm(
  {
    name,
    address,
    invitationMs,
  }: { readonly name: string; readonly address: string; readonly invitationMs: number },
  token: Html,
): Html {
  return html`<form class="fields" method="post" action="/join/invitations">
    ${token}
    <label for="invite-name">Name of the branch</label>
    <input
      id="invite-name"
      name="name"
      value="${name}"
      maxlength="63"
      autocomplete="off"
      spellcheck="false"
      placeholder="lisbon"
      required
    />
    <label for="invite-address">Address of this hub, as the branch sees it</label>
    <input
      id="invite-address"
      name="address"
      value="${address}"
      maxlength="253"
      autocomplete="off"
      spellcheck="false"
      required
    />
    <label for="invite-hours">Good for so many hours</label>
    <input
      id="invite-hours"
      name="hours"
      type="number"
      min="1"
      max="${maxHours}"
      value="${Math.round(invitationMs / hourMs)}"
      required
    />
    <button type="submit">Make an invitation</button>
  </form>`;
}

function openTable(open: readonly Invitation[], times: Times, token: Html): Html {
  if (open.length === 0)
    return html`<p class="empty">None is open; the port for joining is shut.</p>`;
  return table(
    'Open invitations',
    [head('Branch'), head('Made'), head('Ends'), head('Withdraw')],
    open.map(
      ({ branch, tokenHash, createdAt, expiresAt }) =>
        html`<tr>
          <th scope="row">
            <a href="${`/join/invitations/${tokenHash}`}">${outside(branch)}</a>
          </th>
          <td>${when(iso(createdAt), times)}</td>
          <td>${when(iso(expiresAt), times)}</td>
          <td>
            <form method="post" action="${`/join/invitations/${tokenHash}/withdraw`}">
              ${token}
              <button class="quiet" type="submit">
                Withdraw<span class="hidden"> the invitation of ${branch}</span>
              </button>
            </form>
          </td>
        </tr>`,
    ),
  );
}

function aboveList(above: readonly OwnHub[], times: Times): Html | undefined {
  if (above.length === 0) return undefined;
  return html`<ul class="rows">
    ${above.map(
      ({ peer, address, branch, certificateEndsAt }) =>
        html`<li>
          <b>${outside(address)}</b>
          <span>${peer}, as ${outside(branch)}</span>
          <span>certificate ends ${when(iso(certificateEndsAt), times)}</span>
        </li>`,
    )}
  </ul>`;
}

function joinForm(token: Html): Html {
  return html`<form class="fields" method="post" action="/join/here">
    ${token}
    <label for="join-line">The line that the hub made for this server</label>
    <textarea
      id="join-line"
      name="line"
      rows="4"
      maxlength="4096"
      spellcheck="false"
      autocomplete="off"
      placeholder="branchline-join-1.…"
      required
    ></textarea>
    <label for="join-peer">That hub is</label>
    <select id="join-peer" name="peer">
      <option value="primary">the primary: asked first</option>
      <option value="secondary">the secondary: asked when the primary does not answer</option>
    </select>
    <button type="submit">Join it</button>
  </form>`;
}

const iso = (at: number): string => new Date(at).toISOString();
