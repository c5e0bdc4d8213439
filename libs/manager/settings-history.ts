import type { FastifyInstance } from 'fastify';
import { BranchlineError } from '#libs/errors';
import { figure, head, html, outside, section, table, Times, type Html } from '#libs/pages';
import { formFields, type Desk } from './manager-page.ts';
import { diffView } from './settings-diff.ts';
import type { FileVersion, SettingsSource } from './settings-shapes.ts';

interface OfVersion {
  readonly Params: { readonly number: string };
}

/** What the settings file has said before: who changed it, the lines, and the way back. */
export function settingsHistory(app: FastifyInstance, desk: Desk, source: SettingsSource): void {
  app.get('/settings/history', async (request, reply) => {
    const versions = (await source.versions()).toReversed();
    return await desk.page(request, reply, {
      title: 'History of the settings',
      under: '/settings',
      about: html`A hundred versions are kept, those that an editor wrote included.
        <a href="/settings">Settings</a>`,
      body: section('versions', 'Versions', versionTable(versions)),
    });
  });

  app.get<OfVersion>('/settings/history/:number', async (request, reply) => {
    const { version, before, now } = await find(source, request.params.number);
    const change = before === undefined ? undefined : await source.diff(before, version.number);
    const isNow = version.number === now.number;
    return await desk.page(request, reply, {
      title: `Version ${version.number} of the settings`,
      under: '/settings',
      about: html`${moment(version.at)}, ${outside(version.by)}: ${outside(version.why)}.
        <a href="/settings/history">History</a>`,
      body: html`${change !== undefined && section('change', 'What it changed', diffView(change))}
      ${
        !isNow &&
        section(
          'back',
          'What going back to it would change',
          html`${diffView(await source.diff(now.number, version.number))}
            <form class="actions" method="post" action="/settings/undo">
              ${desk.csrfField(request)}
              <input type="hidden" name="number" value="${version.number}" />
              <input type="hidden" name="version" value="${(await source.form()).version}" />
              <button type="submit">Bring version ${version.number} back</button>
              <span class="hint"
                >It becomes a new version, after the same checks as any change. It counts after a
                restart.</span
              >
            </form>`,
        )
      }`,
    });
  });

  app.post('/settings/undo', async (request, reply) => {
    const fields = formFields(request.body);
    const { version } = await find(source, fields.get('number') ?? '');
    const name = `back to version ${version.number}`;
    await desk.audit(request, { kind: 'settings', act: 'restored', name });
    const by = `administrator ${desk.account(request)}`;
    await source.undo(version.number, fields.get('version') ?? '', by);
    const message = `The settings say again what version ${version.number} said.`;
    return desk.done(request, reply, '/settings', message);
  });
}

/** @throws BranchlineError NOT_FOUND. */
async function find(
  source: SettingsSource,
  number: string,
): Promise<{ version: FileVersion; before: number | undefined; now: FileVersion }> {
  const versions = await source.versions();
  const at = versions.findIndex((version) => String(version.number) === number);
  const [version, now] = [versions[at], versions.at(-1)];
  if (version === undefined || now === undefined) {
    throw new BranchlineError('NOT_FOUND', 'the settings have no such version');
  }
  return { version, before: versions[at - 1]?.number, now };
}

const versionTable = (versions: readonly FileVersion[]): Html =>
  table(
    'Versions of the settings',
    [head('Version', 'figure'), head('Since'), head('By'), head('Why')],
    versions.map(
      ({ number, at, by, why }, n) =>
        html`<tr>
          ${figure(html`<a href="/settings/history/${number}">${number}</a>`)}
          <td>${moment(at)}</td>
          <td>${outside(by)}</td>
          <td>${outside(why)}${n === 0 && html` <span class="chip">now</span>`}</td>
        </tr>`,
    ),
  );

const moment = (at: number): Html => {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${new Times(new Date().toISOString()).at(iso)}</time>`;
};
