import {
  bar,
  bytes,
  codeChip,
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
  type UpdateList,
} from '#libs/pages';
import { formFields, type ManagerPage } from './manager-page.ts';
import { offsetOf } from './query.ts';
import { registerDraftPage } from './update-draft-page.ts';
import { registerGoingBack } from './update-back-page.ts';
import { registerUpload } from './update-upload.ts';
import { aboutUpdate, hidden, type UpdatesSource } from './updates-source.ts';

const perPage = 50;

/** What is published: upload, look, publish, roll back. */
export function updatesPage(source: UpdatesSource): ManagerPage {
  return {
    path: '/updates',
    title: 'Updates',
    group: 'Steer',
    register(app, desk) {
      app.get('/updates', async (request, reply) => {
        const list = await source.list({ limit: perPage, offset: offsetOf(request) });
        const token = desk.csrfField(request);
        const times = new Times(new Date(source.now()).toISOString());
        return await desk.page(request, reply, {
          title: 'Updates',
          about: list === undefined ? undefined : about(list),
          refreshS: list === undefined || list.total > 0 ? 5 : 0,
          scripts: ['updates.js'],
          body:
            list === undefined
              ? notRunning
              : html`${uploadSection(list, token)}
                ${list.drafts.length > 0 && draftsSection(list, times, token)}
                ${publishedSection(list, times)}
                ${list.withdrawn.length > 0 && withdrawnSection(list, times)}`,
        });
      });
      app.post('/updates/discard', async (request, reply) => {
        const fields = formFields(request.body);
        const by = `administrator ${desk.account(request)} at ${request.ip}`;
        await source.discard(fields.get('draft') ?? '', by);
        return desk.done(request, reply, '/updates', 'The upload is thrown away.');
      });
      registerUpload(app, desk, source);
      registerDraftPage(app, desk, source);
      registerGoingBack(app, desk, source);
    },
  };
}

const notRunning = html`<div class="problem" role="alert" data-part="down">
  <p>${stateWord('failed', 'The server does not answer.')}</p>
  <p>
    Uploads are taken by the server. Start it on the page <a href="/services">Services</a>. A file
    that you copy into its folder Updates meanwhile is published when it runs.
  </p>
</div>`;

function about({ hub, phones, release, branchesTotal }: UpdateList): Html {
  const reach = [
    ...(hub ? [plural(branchesTotal, 'branch', 'branches')] : []),
    ...(phones ? ['this server’s telephones'] : []),
  ].join(' and ');
  const signed = release === null ? '' : html` Release <b>${number(release)}</b> is signed.`;
  return html`What is published here goes to ${reach || 'nobody yet'}.${signed}`;
}

/** Not in a part that is renewed: a file that was chosen must stay chosen. */
const uploadSection = ({ hub }: UpdateList, token: Html): Html =>
  html`<section class="panel" id="upload" aria-labelledby="upload-heading">
    <div class="panel-head"><h2 id="upload-heading">Upload</h2></div>
    <form
      class="fields"
      method="post"
      action="/updates/upload"
      enctype="multipart/form-data"
      data-upload
    >
      ${token}
      <label for="file">Zip from the maker, settings file, or any file for telephones</label>
      <input id="file" name="file" type="file" required aria-describedby="file-hint" />
      <p class="hint" id="file-hint">
        You see what is in it and what it would change before anything is
        published${hub && ', here or at a branch'}.
      </p>
      <div class="actions"><button type="submit">Upload and look into it</button></div>
      <div class="uploading" data-upload-state hidden>
        <progress max="1" value="0" aria-label="Upload"></progress>
        <span data-upload-words role="status"></span>
        <button class="quiet" type="button" data-upload-cancel>Cancel</button>
      </div>
      <p class="fault" role="alert" data-upload-fault hidden></p>
    </form>
  </section>`;

const draftsSection = ({ drafts }: UpdateList, times: Times, token: Html): Html =>
  section(
    'drafts',
    'Uploaded, not published',
    table(
      'Uploads',
      [head('File'), head('Size', 'figure'), head('Uploaded'), head('By'), head('')],
      drafts.map(
        ({ id, name, size, uploadedAt, by }) =>
          html`<tr>
            <th scope="row" class="file" title="${name}">
              <a href="/updates/draft/${id}">${outside(name)}</a>
            </th>
            ${figure(bytes(size))}
            <td>${when(uploadedAt, times)}</td>
            <td>${outside(by)}</td>
            <td>
              <form method="post" action="/updates/discard">
                ${token} ${hidden({ draft: id })}
                <button class="quiet" type="submit">
                  Discard<span class="hidden"> ${name}</span>
                </button>
              </form>
            </td>
          </tr>`,
      ),
    ),
    'what nobody decides on is removed after three days',
  );

function publishedSection(list: UpdateList, times: Times): Html {
  const { updates, hub, phones, total, offset } = list;
  if (updates.length === 0) {
    return section(
      'published',
      'Published',
      html`<p class="empty">Nothing is published yet. Upload the first update above.</p>`,
    );
  }
  const last = offset + updates.length;
  return section(
    'published',
    'Published',
    html`${table(
      'Published updates',
      [
        head('Update'),
        head('Size', 'figure'),
        head('Published'),
        ...(hub ? [head('Branches that have it')] : []),
        ...(phones ? [head('Telephones here')] : []),
        head(''),
      ],
      updates.map((update) => publishedRow(update, list, times)),
    )}
    ${
      total > updates.length &&
      html`<nav class="pager" aria-label="Pages of updates">
        ${offset > 0 && html`<a rel="prev" href="/updates?offset=${Math.max(0, offset - perPage)}">Earlier</a>`}
        <span>${number(offset + 1)}–${number(last)} of ${number(total)}</span>
        ${last < total && html`<a rel="next" href="/updates?offset=${last}">Later</a>`}
      </nav>`
    }`,
  );
}

function publishedRow(
  update: UpdateList['updates'][number],
  { hub, phones, pulls, branchesTotal }: UpdateList,
  times: Times,
): Html {
  const { name, size, sha256, publishedAt, origin, here, earlier } = update;
  const fromAbove = pulls && origin === 'upstream';
  const columns = 4 + Number(hub) + Number(phones);
  const mayGoBack =
    hub && !fromAbove
      ? earlier > 0
      : phones && (here.state === 'published' || here.state === 'rolled-back');
  return html`<tr class="${here.reason === null ? '' : 'noted'}">
      <th scope="row" class="file" title="${name}">
        ${outside(name)} ${fromAbove && html`<span class="faint">from the hub above</span>`}
      </th>
      ${figure(bytes(size))}
      <td>${when(publishedAt, times)}</td>
      ${hub && html`<td>${haveIt(update, branchesTotal)}</td>`}
      ${phones && html`<td>${hereWord(here.state)}</td>`}
      <td>
        <div class="acts">
          ${
            mayGoBack &&
            html`<a href="${aboutUpdate('rollback', { name })}">
              ${here.state === 'rolled-back' && !hub ? 'Bring back' : 'Roll back'}<span
                class="hidden"
              >
                ${name}</span
              ></a
            >`
          }
          ${
            !fromAbove &&
            html`<a href="${aboutUpdate('withdraw', { name, sha256 })}"
              >Withdraw<span class="hidden"> ${name}</span></a
            >`
          }
        </div>
      </td>
    </tr>
    ${
      here.reason !== null &&
      html`<tr class="note">
        <td colspan="${columns}">
          <div class="note-text">${here.reason} ${codeChip(here.code)}</div>
        </td>
      </tr>`
    }`;
}

function haveIt({ branches }: UpdateList['updates'][number], total: number): Html {
  if (branches === null || total === 0) return html`<span class="faint">no branch yet</span>`;
  const { have, refused } = branches;
  return html`${bar([
    { share: have / total, tone: 'ok' },
    { share: refused / total, tone: 'failed' },
  ])}
  ${number(have)} of
  ${number(total)}${refused > 0 && html`, <a href="/fleet?state=error">${number(refused)} refused it</a>`}`;
}

function hereWord(state: UpdateList['updates'][number]['here']['state']): Html {
  switch (state) {
    case 'published':
      return stateWord('ok', 'get it');
    case 'refused':
      return stateWord('failed', 'refused');
    case 'rolled-back':
      return stateWord('warning', 'rolled back');
    case 'pending':
      return stateWord('busy', 'being unpacked');
    case 'not-served':
      return stateWord('off', 'none');
  }
}

const withdrawnSection = ({ withdrawn }: UpdateList, times: Times): Html =>
  section(
    'withdrawn',
    'Withdrawn',
    table(
      'Withdrawn updates',
      [head('Update'), head('Size', 'figure'), head('Withdrawn'), head('')],
      withdrawn.map(
        ({ name, size, endedAt }) =>
          html`<tr>
            <th scope="row" class="file" title="${name}">${outside(name)}</th>
            ${figure(bytes(size))}
            <td>${when(endedAt, times)}</td>
            <td>
              <a href="${aboutUpdate('rollback', { name })}"
                >Publish again<span class="hidden"> ${name}</span></a
              >
            </td>
          </tr>`,
      ),
    ),
    'branches that have one keep it; a branch that joins now does not get it',
  );
