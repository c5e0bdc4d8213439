import { BranchlineError } from '#libs/errors';
import { html, type Html } from '#libs/pages';
import { formFields, type ManagerPage } from './manager-page.ts';
import { inputNames } from './settings-field.ts';
import { settingsHistory } from './settings-history.ts';
import type { Posted, PostedValue, SettingsSource } from './settings-shapes.ts';
import { settingsView, type SettingsLook } from './settings-view.ts';

interface FilterQuery {
  readonly find?: unknown;
  readonly differing?: unknown;
}

const nothing = { faults: [], filled: new Map<string, PostedValue>(), overtaken: undefined };

/** The settings without an editor: a form, its faults, and what the file has said before. */
export function settingsPage(source: SettingsSource): ManagerPage {
  return {
    path: '/settings',
    title: 'Settings',
    group: 'Server',
    register(app, desk) {
      const view = async (
        token: Html,
        more: Pick<SettingsLook, 'faults' | 'filled' | 'overtaken'>,
        query: FilterQuery = {},
      ) => {
        const [form, pending] = await Promise.all([source.form(), source.pending()]);
        return {
          title: 'Settings',
          about: html`<code>${form.file}</code>. A change counts after a restart of the server,
            unless its field says otherwise. <a href="/settings/history">What it said before</a>`,
          scripts: ['settings.js'],
          body: settingsView({ ...more, form, filter: filterOf(query), token, pending }),
        };
      };

      app.get<{ Querystring: FilterQuery }>('/settings', async (request, reply) => {
        const token = desk.csrfField(request);
        return await desk.page(request, reply, await view(token, nothing, request.query));
      });
      app.post('/settings', async (request, reply) => {
        const fields = formFields(request.body);
        const posted = postedValues(fields);
        const prepared = await source.prepare(posted, fields.get('version') ?? '');
        const token = desk.csrfField(request);
        if (prepared.kind === 'faulty') {
          const { faults } = prepared;
          const shown = await view(token, { ...nothing, faults, filled: posted });
          return await desk.page(request, reply, { ...shown, status: 422 });
        }
        if (prepared.kind === 'overtaken') {
          const { own: filled, diff: overtaken } = prepared;
          const shown = await view(token, { ...nothing, filled, overtaken });
          return await desk.page(request, reply, { ...shown, status: 409 });
        }
        const { keys } = prepared;
        if (keys.length === 0) {
          return desk.done(
            request,
            reply,
            '/settings',
            'Nothing was changed: it says that already.',
          );
        }
        const name = keys.join(', ').slice(0, maxNamed);
        await desk.audit(request, { kind: 'settings', act: 'changed', name });
        await prepared.write(`administrator ${desk.account(request)}`);
        return desk.done(request, reply, '/settings', `Saved: ${name}.`);
      });
      settingsHistory(app, desk, source);
    },
  };
}

const maxNamed = 300;
const maxFields = 1_000;

/** @throws BranchlineError USAGE for more fields than there are settings. */
function postedValues(fields: ReadonlyMap<string, string>): Posted {
  const { value, remove, empty } = inputNames;
  if (fields.size > maxFields) {
    throw new BranchlineError('USAGE', `a form has at most ${maxFields} fields`);
  }
  return new Map(
    [...fields]
      .filter(([name]) => name.startsWith(value))
      .map(([name, given]) => {
        const key = name.slice(value.length);
        const ticked = (box: string): boolean => fields.get(`${box}${key}`) === '1';
        return [key, { value: given, remove: ticked(remove), empty: ticked(empty) }];
      }),
  );
}

const filterOf = ({ find, differing }: FilterQuery) => ({
  text: typeof find === 'string' ? find.slice(0, 100) : '',
  onlyDiffering: differing === '1',
});
