import { BranchlineError } from '#libs/errors';
import type {
  FormFault,
  FormField,
  FormNow,
  Posted,
  Prepared,
  SettingsSource,
} from '#libs/manager';
import {
  fieldOfFault,
  postedChanges,
  settingsForm,
  textDiff,
  type SettingsFault,
  type SettingsField,
  type SettingsFile,
  type SettingsForm,
} from '#libs/settings';
import { superUserHash } from '../cli/super-user-hash.ts';
import type { ServerClient } from '../server/server-client.ts';
import type { LivePlan } from './live-plan.ts';
import { pendingSettings } from './services.ts';

const superUserPassword = 'FTP/SUPassword';

/** The settings file of this machine for the page Settings. */
export function settingsSource(
  live: LivePlan,
  client: () => Promise<ServerClient>,
): SettingsSource {
  const { settings } = live;
  return {
    form: async () => {
      // What is shown is kept, so that a change that comes too late can be told what is new.
      await settings.history();
      return formNow(settingsForm(await settings.read()));
    },
    prepare: (posted, shown) => prepare(settings, posted, shown),
    versions: () => settings.history(),
    diff: (from, to) => settings.diff(from, to),
    undo: async (number, shown, by) => {
      await settings.undo(number, { by, why: `settings page, back to version ${number}`, shown });
    },
    pending: () => pendingSettings(live, client),
  };
}

async function prepare(settings: SettingsFile, posted: Posted, shown: string): Promise<Prepared> {
  const now = await settings.read();
  if (now.version !== shown) return await overtaken(settings, now.text, posted, shown);
  const { changes: wanted, faults } = postedChanges(settingsForm(now), posted);
  const { changes, fault } = await withHash(wanted);
  const all = [
    ...faults,
    ...(fault === undefined ? [] : [fault]),
    ...(await settings.faultsOf(changes)),
  ];
  if (all.length > 0) return { kind: 'faulty', faults: all.map(withoutLine).map(formFault) };
  const keys = Object.keys(changes);
  return {
    kind: 'ready',
    keys,
    write: async (by) => {
      await settings.change(changes, { by, why: `settings page: ${keys.join(', ')}`, shown });
    },
  };
}

/** Somebody else was faster: what he changed, and what this one wanted. */
async function overtaken(
  settings: SettingsFile,
  text: string,
  posted: Posted,
  shown: string,
): Promise<Prepared> {
  const earlier = await settings.earlier(shown);
  if (earlier === undefined) {
    throw new BranchlineError(
      'SETTINGS_CHANGED',
      'this form is of a version of the settings that is no longer kept: load the page again',
    );
  }
  const { changes } = postedChanges(settingsForm(earlier), posted);
  const own: Posted = new Map([...posted].filter(([name]) => Object.hasOwn(changes, name)));
  return { kind: 'overtaken', diff: textDiff(earlier.text, text), own };
}

/** A new password of the super user becomes its hash. */
async function withHash(changes: Readonly<Record<string, string | undefined>>): Promise<{
  readonly changes: Readonly<Record<string, string | undefined>>;
  readonly fault: SettingsFault | undefined;
}> {
  const password = changes[superUserPassword];
  if (password === undefined) return { changes, fault: undefined };
  try {
    const hash = await superUserHash(password);
    return { changes: { ...changes, [superUserPassword]: hash }, fault: undefined };
  } catch (error) {
    if (!(error instanceof BranchlineError) || error.code !== 'USAGE') throw error;
    const fault = { section: 'FTP', key: 'SUPassword', message: `– ${error.message}` };
    return { changes, fault };
  }
}

function formNow({ file, version, sections, faults, warnings }: SettingsForm): FormNow {
  return {
    file,
    version,
    sections: sections.map((section) => ({ ...section, fields: section.fields.map(formField) })),
    faults: faults.map(formFault),
    warnings: warnings.map(formFault),
  };
}

const formField = (field: SettingsField): FormField => ({
  ...field,
  givenBy: givenBy(field),
  restart: restartOf(field),
  note: field.name === superUserPassword ? 'Eight characters or more; it is kept as a hash.' : '',
});

function givenBy({ givenBy: source }: SettingsField): string | undefined {
  if (source === undefined) return undefined;
  return source.from === 'environment'
    ? `Given by the environment variable ${source.variable}: change it there.`
    : `Stands in the file ${source.path}: change it there.`;
}

function restartOf({ restart, section }: SettingsField): FormField['restart'] {
  if (section === 'MANAGER') return 'manager';
  return restart ? 'server' : undefined;
}

/** It would be a line of a file that is not written. */
const withoutLine = ({ section, key, message, variable }: SettingsFault): SettingsFault => ({
  ...{ section, key, message },
  ...(variable !== undefined && { variable }),
});

function formFault(fault: SettingsFault): FormFault {
  const { section, key, line, variable, message } = fault;
  const subject = [section === '' ? '' : `[${section}]`, key].filter((part) => part !== '');
  const place = variable ?? (line === undefined ? undefined : `line ${line}`);
  const where = [subject.join(' '), place].filter((part) => part !== undefined && part !== '');
  return { field: fieldOfFault(fault), where: where.join(', '), message };
}
