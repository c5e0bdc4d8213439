import type { FastifyInstance } from 'fastify';
import {
  branchWords,
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
  type DraftLook,
  type Html,
} from '#libs/pages';
import { formFields, type Desk } from './manager-page.ts';
import { hidden, type UpdatesSource } from './updates-source.ts';

const shownBranches = 60;

/** What is in an upload, what it would do, and the decision. */
export function registerDraftPage(app: FastifyInstance, desk: Desk, source: UpdatesSource): void {
  app.get<{ Params: { draft: string } }>('/updates/draft/:draft', async (request, reply) => {
    request.raw.socket.setTimeout(longestMs);
    const look = await source.look(request.params.draft);
    const { draft, branches } = look;
    const times = new Times(new Date(source.now()).toISOString());
    return await desk.page(request, reply, {
      title: draft.name,
      under: '/updates',
      about: html`${bytes(draft.size)}, uploaded ${times.relative(draft.uploadedAt)} by
      ${outside(draft.by)}. Nothing of it is published.`,
      body: html`${decision(look, times, desk.csrfField(request))} ${treesSection(look)}
      ${filesSection(look)} ${branches !== null && branchesSection(branches)}`,
    });
  });
  app.post('/updates/publish', async (request, reply) => {
    request.raw.socket.setTimeout(longestMs);
    const fields = formFields(request.body);
    const by = `administrator ${desk.account(request)} at ${request.ip}`;
    const replaces = fields.get('replaces');
    await source.publish(fields.get('draft') ?? '', replaces, by);
    const name = fields.get('name') ?? 'The update';
    return desk.done(request, reply, '/updates', `${name} is published.`);
  });
}

/** Hashing and copying the largest archive on a slow disk, in milliseconds. */
const longestMs = 10 * 60_000;

function decision(look: DraftLook, times: Times, token: Html): Html {
  const { draft, replaces, fromHub, branches } = look;
  const same = replaces?.sha256 === draft.sha256;
  const reach =
    branches === null ? '' : ` ${plural(branches.total, 'branch', 'branches')} will fetch it.`;
  return section(
    'decision',
    'Publish it?',
    html`${replaces !== null && replacing(replaces, { same, fromHub }, times)}
      <p>${changeWords(look)}${reach}</p>
      <div class="actions">
        ${
          !fromHub &&
          html`<form method="post" action="/updates/publish">
            ${token} ${hidden({ draft: draft.id, name: draft.name, replaces: replaces?.sha256 })}
            <button type="submit">
              ${replaces === null || same ? 'Publish' : 'Replace and publish'}
            </button>
          </form>`
        }
        <form method="post" action="/updates/discard">
          ${token} ${hidden({ draft: draft.id })}
          <button class="quiet" type="submit">Discard</button>
        </form>
      </div>`,
  );
}

function replacing(
  { size, publishedAt }: NonNullable<DraftLook['replaces']>,
  { same, fromHub }: { readonly same: boolean; readonly fromHub: boolean },
  times: Times,
): Html {
  if (same) return html`<p>${stateWord('ok', 'These very bytes are published already.')}</p>`;
  if (fromHub) {
    return html`<p>
      ${stateWord('failed', 'The hub above publishes an update of this name.')} The next sync would
      bring its version back: publish this one there, or upload it under another name.
    </p>`;
  }
  return html`<p>
    ${stateWord('warning', 'It replaces what is published under this name,')} ${bytes(size)},
    published ${when(publishedAt, times)}.
  </p>`;
}

function changeWords({ look }: DraftLook): string {
  const changes = { new: 0, changed: 0, same: 0 };
  for (const tree of look.trees) {
    for (const change of ['new', 'changed', 'same'] as const) changes[change] += tree[change];
  }
  const measure =
    look.against === 'published'
      ? 'Beside the published version'
      : 'Beside what telephones get now';
  const places = `${number(changes.changed)} changed, ${number(changes.new)} new, ${number(changes.same)} the same`;
  const gone =
    look.gone.total === 0
      ? ''
      : ` ${plural(look.gone.total, 'file')} of the published version ${look.gone.total === 1 ? 'is' : 'are'} no longer in it; what telephones have of ${look.gone.total === 1 ? 'it' : 'them'} stays.`;
  return look.against === 'nothing'
    ? 'Nothing is published under this name yet.'
    : `${measure}: ${places}, counted at each place.${gone}`;
}

const treesSection = ({ look }: DraftLook): Html =>
  section(
    'trees',
    'Where it goes',
    look.trees.length === 0
      ? html`<p class="empty">No file of it goes anywhere.</p>`
      : table(
          'Trees',
          [
            head('Folder'),
            head('Files', 'figure'),
            head('Size', 'figure'),
            head('New', 'figure'),
            head('Changed', 'figure'),
            head('Same', 'figure'),
          ],
          look.trees.map(
            (tree) =>
              html`<tr>
                <th scope="row">${tree.tree}data</th>
                ${figure(number(tree.files))} ${figure(bytes(tree.bytes))}
                ${figure(number(tree.new))} ${figure(number(tree.changed))}
                ${figure(number(tree.same))}
              </tr>`,
          ),
        ),
    look.litter === 0
      ? undefined
      : `${plural(look.litter, 'file')} that copying programs left in it ${look.litter === 1 ? 'is' : 'are'} passed over`,
  );

const roles = {
  upgrade: 'upgrade file',
  settings: 'settings file',
  'access-list': 'access list',
  other: '',
} as const;

const filesSection = ({ look }: DraftLook): Html =>
  section(
    'files',
    'What is in it',
    html`${table(
      'Files',
      [head('File'), head('Kind'), head('Size', 'figure'), head('Goes to')],
      look.files.map(
        (file) =>
          html`<tr>
            <th scope="row" class="whole" title="${file.name}">${outside(file.name)}</th>
            <td>${roles[file.role]}</td>
            ${figure(bytes(file.size))}
            <td>
              <ul class="places">
                ${placeWords(file)}
              </ul>
            </td>
          </tr>`,
      ),
    )}
    ${
      look.filesTotal > look.files.length &&
      html`<p class="more">and ${number(look.filesTotal - look.files.length)} more</p>`
    }`,
    html`<b>${number(look.filesTotal)}</b> ${look.filesTotal === 1 ? 'file' : 'files'},
      ${bytes(look.bytes)}${look.archive && ' unpacked'}`,
  );

const changeTones = { new: 'busy', changed: 'warning', same: 'off' } as const;

/** Most files do the same at all their places: said once. */
function placeWords({ name: source, places }: DraftLook['look']['files'][number]): Html[] {
  return [...Map.groupBy(places, ({ change }) => change)].map(
    ([change, alike]) =>
      html`<li>
        ${alike.map(
          ({ tree, name }, at) =>
            html`${at > 0 && ', '}${tree}${name !== source && html` as ${outside(name)}`}`,
        )}
        ${change !== null && stateWord(changeTones[change], change)}
      </li>`,
  );
}

const branchesSection = ({ total, names }: NonNullable<DraftLook['branches']>): Html =>
  section(
    'branches',
    'Who gets it',
    total === 0
      ? html`<p class="empty">No branch has joined yet. Each that joins gets it then.</p>`
      : html`<ul class="branch-names">
            ${names
              .slice(0, shownBranches)
              .map(
                ({ name, state }) =>
                  html`<li>
                    ${outside(name)} ${stateWord(branchWords[state].tone, branchWords[state].word)}
                  </li>`,
              )}
          </ul>
          ${
            total > shownBranches &&
            html`<p class="more">
              and ${number(total - shownBranches)} more: <a href="/fleet">all branches</a>
            </p>`
          }`,
    html`every branch of this hub: <b>${number(total)}</b>`,
  );
