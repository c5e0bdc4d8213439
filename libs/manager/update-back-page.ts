import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import {
  bytes,
  figure,
  head,
  html,
  number,
  outside,
  plural,
  section,
  stateWord,
  table,
  Times,
  when,
  type Html,
  type RollBackAnswer,
} from '#libs/pages';
import { formFields, type Desk } from './manager-page.ts';
import { hidden, type RollBackChoice, type UpdatesSource } from './updates-source.ts';

/** Unpacking is not part of it: copying the largest archive on a slow disk, in milliseconds. */
const longestMs = 10 * 60_000;

/** Rolling back and withdrawing: each is shown before it is done. */
export function registerGoingBack(app: FastifyInstance, desk: Desk, source: UpdatesSource): void {
  const byOf = (request: FastifyRequest): string =>
    `administrator ${desk.account(request)} at ${request.ip}`;

  app.get('/updates/rollback', async (request, reply) => {
    const choice = choiceOf(formFields(request.query));
    const answer = await source.lookAtRollBack(choice);
    const times = new Times(new Date(source.now()).toISOString());
    const word = answer.published ? 'Roll back' : 'Publish again';
    const decision = html`<div class="actions">
      <form method="post" action="/updates/rollback">
        ${desk.csrfField(request)}
        ${hidden({
          name: choice.name,
          here: choice.here ? '1' : undefined,
          to: answer.to?.sha256,
        })}
        <button class="${answer.published ? 'danger' : ''}" type="submit">${word}</button>
      </form>
      <a class="button quiet" href="/updates">Leave it as it is</a>
    </div>`;
    return await desk.page(request, reply, {
      title: `${word}: ${choice.name}`,
      under: '/updates',
      body:
        answer.scope === 'branches'
          ? branchesBack(answer, times, decision)
          : hereBack(answer, decision),
    });
  });
  app.post('/updates/rollback', async (request, reply) => {
    request.raw.socket.setTimeout(longestMs);
    const { name, scope, back } = await source.rollBack(
      choiceOf(formFields(request.body)),
      byOf(request),
    );
    const message =
      scope === 'branches'
        ? `${name} has gone back: its earlier version is published again, and the branches fetch it.`
        : `${name} is rolled back: ${plural(back.total, 'file')} ${back.total === 1 ? 'is' : 'are'} as before.`;
    return desk.done(request, reply, '/updates', message);
  });

  app.get('/updates/withdraw', async (request, reply) => {
    const fields = formFields(request.query);
    const [name, sha256] = [required(fields, 'name'), required(fields, 'sha256')];
    return await desk.page(request, reply, {
      title: `Withdraw: ${name}`,
      under: '/updates',
      body: section(
        'withdraw',
        'What it does',
        html`<p>
            It is taken out of the folder Updates: a branch that joins from now on does not get it.
            Telephones and branches that have it keep it; nothing is deleted there. To go back to an
            earlier version, roll it back instead.
          </p>
          <div class="actions">
            <form method="post" action="/updates/withdraw">
              ${desk.csrfField(request)} ${hidden({ name, sha256 })}
              <button class="danger" type="submit">Withdraw</button>
            </form>
            <a class="button quiet" href="/updates">Leave it as it is</a>
          </div>`,
      ),
    });
  });
  app.post('/updates/withdraw', async (request, reply) => {
    const fields = formFields(request.body);
    const name = required(fields, 'name');
    await source.withdraw(name, required(fields, 'sha256'), byOf(request));
    return desk.done(request, reply, '/updates', `${name} is withdrawn.`);
  });
}

function choiceOf(fields: ReadonlyMap<string, string>): RollBackChoice {
  return {
    name: required(fields, 'name'),
    here: fields.get('here') === '1',
    to: fields.get('to'),
  };
}

function required(fields: ReadonlyMap<string, string>, key: string): string {
  const value = fields.get(key) ?? '';
  if (value !== '') return value;
  throw new BranchlineError('USAGE', 'the address of this page is not whole: go back to Updates');
}

/** At a hub: which version, and what it means at the branches. */
function branchesBack({ name, to, earlier }: RollBackAnswer, times: Times, decision: Html): Html {
  return html`${section(
    'back',
    'What it does',
    html`<p>
        The version below that is chosen is published again under this name. Every branch fetches it
        and puts it in place as any update: whole, or not at all. Files that only the newer version
        has stay at the branches: a telephone may be loading them.
      </p>
      ${decision}`,
  )}
  ${section(
    'earlier',
    'Earlier versions',
    table(
      'Earlier versions',
      [head('Published'), head('Until'), head('Size', 'figure'), head('SHA-256'), head('')],
      earlier.map(
        ({ sha256, size, publishedAt, endedAt }) =>
          html`<tr>
            <td>${when(publishedAt, times)}</td>
            <td>${when(endedAt, times)}</td>
            ${figure(bytes(size))}
            <td class="digest" title="${sha256}">${sha256.slice(0, 12)}</td>
            <td>
              ${
                sha256 === to?.sha256
                  ? stateWord('ok', 'chosen')
                  : html`<a
                      href="/updates/rollback?${new URLSearchParams({ name, to: sha256 }).toString()}"
                      >Choose this one</a
                    >`
              }
            </td>
          </tr>`,
      ),
    ),
  )}`;
}

/** At a server with telephones: which files, and which stay. */
function hereBack({ back, stays }: RollBackAnswer, decision: Html): Html {
  return html`${section(
    'back',
    'What it does',
    html`<p>
        The files that this update replaced are put back, all of them or none. Only telephones of
        this server are concerned. Doing it again brings the update back.
      </p>
      ${
        back.edited > 0 &&
        html`<p>
          ${stateWord('warning', `${plural(back.edited, 'file')} changed by hand since`)} will be
          replaced too; that version is kept as long as others are.
        </p>`
      }
      ${
        stays.total > 0 &&
        html`<p>
          ${plural(stays.total, 'file')} that came new with it
          ${stays.total === 1 ? 'stays' : 'stay'}, as a telephone may be loading
          ${stays.total === 1 ? 'it' : 'them'}:
          ${stays.names.slice(0, 5).map((name) => html`${outside(name)} `)}
          ${stays.total > 5 && html`and ${number(stays.total - 5)} more`}
        </p>`
      }
      ${decision}`,
  )}
  ${section(
    'files',
    'Files that go back',
    html`${table(
      'Files that go back',
      [head('Folder'), head('File'), head('Size then', 'figure'), head('')],
      back.files.map(
        ({ tree, name, size, edited }) =>
          html`<tr>
            <td>${tree}data</td>
            <th scope="row" class="whole" title="${name}">${outside(name)}</th>
            ${figure(bytes(size))}
            <td>${edited && stateWord('warning', 'changed by hand')}</td>
          </tr>`,
      ),
    )}
    ${
      back.total > back.files.length &&
      html`<p class="more">and ${number(back.total - back.files.length)} more</p>`
    }`,
    html`<b>${number(back.total)}</b> in all`,
  )}`;
}
