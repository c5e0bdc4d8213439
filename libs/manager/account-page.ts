import { BranchlineError } from '#libs/errors';
import { html, section, type Html } from '#libs/pages';
import type { Accounts } from './accounts.ts';
import { formFields, type Desk, type ManagerPage } from './manager-page.ts';
import { newPasswordFields } from './password-fields.ts';
import type { Sessions } from './sessions.ts';
import type { SignInGate } from './sign-in-gate.ts';

/** Who may sign in, and one's own password. */
export function accountPage({
  accounts,
  sessions,
  gate,
}: {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly gate: SignInGate;
}): ManagerPage {
  return {
    path: '/account',
    title: 'Accounts',
    group: 'Server',
    register(app, desk) {
      app.get('/account', async (request, reply) => {
        const names = await accounts.names();
        const own = desk.account(request);
        const token = desk.csrfField(request);
        return await desk.page(request, reply, {
          title: 'Accounts',
          about: 'Everybody who may sign in. All of them may do everything.',
          body: html`${section(
            'accounts',
            'May sign in',
            html`<ul class="rows">
              ${names.map(
                (name) =>
                  html`<li>
                    <bdi>${name}</bdi>
                    ${
                      name === own
                        ? html`<span class="faint">you</span>`
                        : html`<form method="post" action="/account/remove">
                            ${token}<input type="hidden" name="name" value="${name}" />
                            <button class="quiet" type="submit">
                              Remove<span class="hidden"> ${name}</span>
                            </button>
                          </form>`
                    }
                  </li>`,
              )}
            </ul>`,
          )}
          ${section('password', 'Your password', passwordForm(token))}
          ${section('add', 'Add an account', addForm(token))}`,
        });
      });
      app.post('/account/password', async (request, reply) => {
        const fields = formFields(request.body);
        const name = desk.account(request);
        const password = fields.get('password') ?? '';
        requireSame(password, fields.get('again'));
        const current = { name, password: fields.get('current') ?? '' };
        if ((await gate.check(request.ip, () => accounts.verify(current))) !== 'right') {
          throw new BranchlineError('SIGN_IN_REFUSED', 'the current password is wrong');
        }
        await change(desk, request, name);
        await accounts.set({ name, password });
        sessions.endOthers(name, request.session);
        return desk.done(request, reply, '/account', 'Your password is changed.');
      });
      app.post('/account/add', async (request, reply) => {
        const fields = formFields(request.body);
        const [name, password] = [fields.get('name')?.trim() ?? '', fields.get('password') ?? ''];
        requireSame(password, fields.get('again'));
        if ((await accounts.names()).includes(name)) {
          throw new BranchlineError('USAGE', `there is an account ${name} already`);
        }
        await change(desk, request, name);
        await accounts.set({ name, password });
        return desk.done(request, reply, '/account', `${name} may sign in now.`);
      });
      app.post('/account/remove', async (request, reply) => {
        const name = formFields(request.body).get('name') ?? '';
        await desk.audit(request, { kind: 'account', act: 'removed', name });
        await accounts.remove(name);
        sessions.endOthers(name);
        return desk.done(request, reply, '/account', `${name} may no longer sign in.`);
      });
    },
  };
}

const change = (desk: Desk, request: Parameters<Desk['audit']>[0], name: string): Promise<void> =>
  desk.audit(request, { kind: 'account', act: 'changed', name });

function requireSame(password: string, again: string | undefined): void {
  if (password !== again) throw new BranchlineError('USAGE', 'the two passwords are not the same');
}

const passwordForm = (token: Html) =>
  html`<form class="fields" method="post" action="/account/password">
    ${token}
    <label for="current">Current password</label>
    <input id="current" name="current" type="password" autocomplete="current-password" required />
    ${newPasswordFields('New password', 'own-')}
    <button type="submit">Change it</button>
  </form>`;

const addForm = (token: Html) =>
  html`<form class="fields" method="post" action="/account/add">
    ${token}
    <label for="add-name">Name</label>
    <input id="add-name" name="name" autocomplete="off" required />
    ${newPasswordFields('Password', 'add-')}
    <button type="submit">Add</button>
  </form>`;
