import { numbers } from './firmware-bytes.ts';
import type { PhoneFamily } from './phone-families.ts';

/**
 * The script a phone asks for first: it names the firmware of each model and ends at the settings file.
 * `present` are the firmware names of this set; a model without one goes straight to its settings.
 */
export function upgradeScript(
  family: PhoneFamily,
  version: string,
  present: ReadonlySet<string>,
): string {
  const models = family.models
    .map((model) => ({ model, binary: family.binary(model, version) }))
    .filter(({ binary }) => present.has(binary));
  return lines([
    `## ${family.script}: made by the Branchline demo, release ${version}`,
    ...models.map(({ model }) => `IF ${family.variable} SEQ ${model} GOTO PHONE${model}`),
    'GOTO SETTINGS',
    ...models.flatMap(({ model, binary }) => [
      `# PHONE${model}`,
      `SET APPNAME ${binary}`,
      'GOTO SETTINGS',
    ]),
    '# SETTINGS',
    'GET 46xxsettings.txt',
  ]);
}

/** One settings file for every family: values for all, then for each group, then the phone's own file. */
export function settingsFile(version: string, groups: number): string {
  const ids = Array.from({ length: groups }, (_, index) => index + 1);
  return lines([
    `## 46xxsettings.txt: made by the Branchline demo, release ${version}`,
    '## Values for every phone',
    'SET L2QAUD 6',
    'SET L2QSIG 6',
    'SET DSCPAUD 46',
    'SET DSCPSIG 34',
    'SET SNMPADD 127.0.0.1',
    'SET SNMPSTRING branch-demo',
    'SET SIG 2',
    ...ids.map((id) => `IF $GROUP SEQ ${id} GOTO GROUP${id}`),
    'GOTO END',
    ...ids.flatMap((id) => [
      `# GROUP${id}`,
      `SET LOGSRVR 127.0.${id >> 8}.${id & 255}`,
      `SET PHNEMERGNUM ${100 + (id % 100)}`,
      `SET SYSTEM_LANGUAGE ${languages[id % languages.length] ?? 'English'}.txt`,
      'GOTO END',
    ]),
    '# END',
    'GET $MACADDR.txt',
  ]);
}

/** A phone's display texts in one language, `size` bytes exactly. */
export function languageFile(language: string, seed: string, size: number): string {
  const random = numbers(`${seed}\0${language}`);
  const pick = (): string => words[random.next().value % words.length] ?? '';
  let text = `## ${language}\r\n`;
  for (let id = 1; text.length < size; id++)
    text += `TEXT_${String(id).padStart(4, '0')}="${pick()} ${pick()} ${pick()}"\r\n`;
  return text.slice(0, size);
}

/** What a certificate file looks like to a server that only carries it: its text is no certificate of anybody. */
export function certificateFile(name: string, seed: string): string {
  const random = numbers(`${seed}\0${name}`);
  const line = (): string =>
    Buffer.from(Uint16Array.from({ length: 24 }, () => random.next().value).buffer).toString(
      'base64',
    );
  const body = Array.from({ length: 18 }, line);
  return lines(['-----BEGIN CERTIFICATE-----', ...body, '-----END CERTIFICATE-----']);
}

export const languages = [
  'English',
  'German',
  'French',
  'Italian',
  'Portuguese',
  'Spanish',
  'Dutch',
  'Russian',
  'Japanese',
  'Hebrew',
] as const;

const words = [
  'Call', 'Hold', 'Transfer', 'Conference', 'Missed', 'Answered', 'Contacts', 'Voice', 'Mail',
  'Ring', 'Volume', 'Bright', 'Screen', 'Log', 'Off', 'On', 'Redial', 'Forward', 'Busy', 'Line',
]; // prettier-ignore

const lines = (all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
