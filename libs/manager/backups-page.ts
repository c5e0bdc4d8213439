import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BranchlineError } from '#libs/errors';
import {
  bytes,
  figure,
  head,
  html,
  outside,
  section,
  stateWord,
  table,
  Times,
  when,
  type Html,
} from '#libs/pages';
import { formFields, type Desk } from './manager-page.ts';
import {
  backupShelves,
  shelfWords,
  type BackupCopy,
  type BackupCopyName,
  type BackupName,
  type BackupShelf,
  type PhonesSource,
} from './phones-source.ts';
import { asked } from './query.ts';

const perPage = 100;

/** What telephones have saved, every version of it, restoring one, and taking one along. */
export function backupRoutes(app: FastifyInstance, desk: Desk, source: PhonesSource): void {
  app.get('/phones/backups', async (request, reply) => {
    const shelves = await source.shelves();
    const wish = asked(request, 'shelf');
    const shelf = shelves.find((each) => each === wish) ?? shelves[0] ?? 'ftp';
    const words = asked(request, 'search').trim();
    const found = await source.names(shelf, words, perPage + 1, asked(request, 'after'));
    return await desk.page(request, reply, {
      title: 'Backups',
      under: '/phones',
      about: 'What telephones have saved, and the versions that were kept of it.',
      body: html`${shelfForm(shelves, shelf, words)}
      ${section(
        'backups',
        shelfWords[shelf],
        found.length === 0
          ? html`<p class="empty">
              ${words === '' ? 'Nothing is saved here yet.' : 'None like that.'}
            </p>`
          : html`${namesTable(shelf, found.slice(0, perPage))} ${next(shelf, words, found)}`,
      )}`,
    });
  });

  app.get('/phones/backup', async (request, reply) => {
    const { shelf, name } = copyOf(request);
    const copies = await source.copies(shelf, name);
    if (copies.length === 0) throw absent(name);
    return await desk.page(request, reply, {
      title: name,
      under: '/phones',
      about: html`${shelfWords[shelf]}. <a href="${shelfAddress(shelf)}">All of these</a>`,
      body: section('copies', 'Its versions', copiesTable({ shelf, name }, copies)),
    });
  });

  app.get('/phones/backup/file', async (request, reply) => {
    const copy = copyOf(request);
    const { bytes: body, size } = await source.read(copy);
    const { branch, name } = copy;
    await desk.audit(request, { kind: 'backup', act: 'fetched', name, ...(branch && { branch }) });
    reply.header('content-disposition', attachment(name));
    reply.header('content-length', size);
    return await reply.type('application/octet-stream').send(body);
  });

  app.get('/phones/backup/restore', async (request, reply) => {
    const copy = copyOf(request);
    const found = (await source.copies(copy.shelf, copy.name)).find(
      ({ branch, version }) => branch === copy.branch && version === copy.version,
    );
    if (found === undefined || found.version === 'current') throw absent(copy.name);
    return await desk.page(request, reply, {
      title: `Restore ${copy.name}`,
      under: '/phones',
      body: confirmation(copy, found, desk.csrfField(request)),
    });
  });

  app.post('/phones/backup/restore', async (request, reply) => {
    const fields = formFields(request.body);
    const copy = copyFrom((name) => fields.get(name) ?? '');
    const { branch, name } = copy;
    await desk.audit(request, { kind: 'backup', act: 'restored', name, ...(branch && { branch }) });
    await source.restore(copy);
    return desk.done(request, reply, historyAddress(copy), `${name} is what it was again.`);
  });
}

const absent = (name: string): BranchlineError =>
  new BranchlineError('NOT_FOUND', `there is no such version of ${JSON.stringify(name)} any more`);

const copyOf = (request: FastifyRequest): BackupCopyName =>
  copyFrom((name) => asked(request, name));

function copyFrom(field: (name: string) => string): BackupCopyName {
  const shelf = backupShelves.find((each) => each === field('shelf'));
  if (shelf === undefined) throw new BranchlineError('USAGE', 'there are no such backups');
  return { shelf, name: field('name'), branch: field('branch'), version: field('version') };
}

/** RFC 6266: a name that every browser takes, and the exact one beside it. */
function attachment(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const plain = last.replace(/[^\w.-]/g, '_').slice(0, 100);
  const exact = encodeURIComponent(last.toWellFormed()).replace(/['()*]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

const addressOf = (path: string, fields: Readonly<Record<string, string>>): string => {
  const told = Object.entries(fields).filter(([, value]) => value !== '');
  return `${path}?${new URLSearchParams(told).toString()}`;
};
const shelfAddress = (shelf: BackupShelf): string => addressOf('/phones/backups', { shelf });
const historyAddress = ({ shelf, name }: { shelf: BackupShelf; name: string }): string =>
  addressOf('/phones/backup', { shelf, name });

function shelfForm(shelves: readonly BackupShelf[], chosen: BackupShelf, words: string): Html {
  return html`<form class="filter" method="get" action="/phones/backups" role="search">
    <div>
      <label for="shelf">Where</label>
      <select id="shelf" name="shelf">
        ${shelves.map(
          (shelf) =>
            html`<option value="${shelf}" ${shelf === chosen ? html`selected` : ''}>
              ${shelfWords[shelf]}
            </option>`,
        )}
      </select>
    </div>
    <div>
      <label for="search">Name holds</label>
      <input id="search" name="search" type="search" maxlength="100" value="${words}" />
    </div>
    <button type="submit">Show</button>
  </form>`;
}

function namesTable(shelf: BackupShelf, names: readonly BackupName[]): Html {
  const times = new Times(new Date().toISOString());
  const far = shelf === 'branches';
  return table(
    shelfWords[shelf],
    [
      head('Name'),
      ...(far ? [head('Newest of'), head('Branches', 'figure')] : []),
      head('Size', 'figure'),
      head('Saved'),
    ],
    names.map(
      ({ name, size, savedAt, branch, branches }) =>
        html`<tr>
          <th scope="row"><a href="${historyAddress({ shelf, name })}">${outside(name)}</a></th>
          ${
            far &&
            html`<td>${outside(branch ?? '')}</td>
              ${figure(branches ?? 0)}`
          }
          ${figure(size === undefined ? html`<span class="faint">removed</span>` : bytes(size))}
          <td>
            ${when(savedAt === undefined ? null : new Date(savedAt).toISOString(), times, '–')}
          </td>
        </tr>`,
    ),
  );
}

function next(shelf: BackupShelf, search: string, found: readonly BackupName[]): Html | undefined {
  const last = found[perPage - 1];
  if (found.length <= perPage || last === undefined) return undefined;
  const to = addressOf('/phones/backups', { shelf, search, after: last.name });
  return html`<nav class="pager" aria-label="Pages of backups">
    <a href="${to}" rel="next">Next</a>
  </nav>`;
}

/** Every version, the last saved first, with what can be done with it. */
export function copiesTable(
  { shelf, name }: { readonly shelf: BackupShelf; readonly name: string },
  copies: readonly BackupCopy[],
): Html {
  const times = new Times(new Date().toISOString());
  const far = shelf === 'branches';
  return table(
    `Versions of ${name}`,
    [
      head('Saved'),
      ...(far ? [head('Branch')] : []),
      head('Which'),
      head('Size', 'figure'),
      html`<th scope="col"><span class="hidden">What to do</span></th>`,
    ],
    copies.map(({ branch, version, size, savedAt }) => {
      const fields = { shelf, name, branch, version };
      const at = new Date(savedAt).toISOString();
      const isNow = version === 'current';
      return html`<tr>
        <th scope="row">${when(at, times)}</th>
        ${far && html`<td>${outside(branch)}</td>`}
        <td>${isNow ? stateWord('ok', 'the present one') : stateWord('off', 'earlier')}</td>
        ${figure(bytes(size))}
        <td>
          <a href="${addressOf('/phones/backup/file', fields)}" download
            >Download<span class="hidden"> ${name} of ${times.at(at)}</span></a
          >
          ${
            !isNow &&
            html`<a href="${addressOf('/phones/backup/restore', fields)}"
              >Restore<span class="hidden"> ${name} of ${times.at(at)}</span></a
            >`
          }
        </td>
      </tr>`;
    }),
  );
}

function confirmation(copy: BackupCopyName, { size, savedAt }: BackupCopy, token: Html): Html {
  const { shelf, name, branch, version } = copy;
  const times = new Times(new Date().toISOString());
  return html`<form class="card" method="post" action="/phones/backup/restore">
    ${token}
    ${Object.entries({ shelf, name, branch, version }).map(
      ([key, value]) => html`<input type="hidden" name="${key}" value="${value}" />`,
    )}
    <p>
      ${outside(name)} becomes what it was ${when(new Date(savedAt).toISOString(), times)},
      ${bytes(size)}${branch !== '' && html`, at ${outside(branch)}`}. What is there now stays as a
      version of its own and can be restored in the same way.
    </p>
    <p class="hint">
      The telephone takes it when it logs in next, or starts
      next.${
        shelf === 'branches' && ' Branches that lack it or have an older one get it from here.'
      }
    </p>
    <p class="actions">
      <button type="submit">Restore it</button>
      <a class="button quiet" href="${historyAddress(copy)}">Leave it as it is</a>
    </p>
  </form>`;
}
