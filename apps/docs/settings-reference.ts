import { describeSettings, describeWatchdogSettings, type SettingRow } from '#libs/settings';
import { alignedTable } from './aligned-table.ts';

const intro = `# Settings

<!-- Written by \`npm run docs\` from libs/settings; a test holds that it is current. -->

Settings stand in one INI file, by convention \`/etc/branchline/MV_IPTel.ini\`. An existing file of the Avaya IP
Telephone File Server Application works as it is: [compatibility.md](../compatibility.md) has a row for each of its keys.

- \`[SECTION]\`, then \`Key=value\`, one to a line. Letter case and spaces in names do not matter. A comment has a line of
  its own that begins with \`#\` or \`;\`.
- Stronger than the file is the environment: \`BRANCHLINE_<SECTION>_<KEY>\` in capitals, such as
  \`BRANCHLINE_HTTP_HTTPPORT=8081\`. An empty variable is as good as none.
- A secret may stand in a file of its own that \`<Key>File\` names, here or in the environment:
  \`BRANCHLINE_SETTINGS_APITOKENFILE=/run/secrets/token\`.
- Relative paths count from the folder of the settings file.
- Port 0 takes any free port.
- \`branchline config check FILE\` says everything that is wrong at once, each with its line.
- \`branchline config show --sources FILE\` says what counts, and where it comes from.
- A change counts after a restart, unless the table says otherwise.
`;

const watchdogIntro = `## The watchdog: \`MV_WatchDog.ini\`

A program and a file of its own; see [the how-to](../how-to/watchdog.md). All keys stand in \`[Settings]\`; in the environment
they are \`BRANCHLINE_WATCHDOG_SETTINGS_<KEY>\`.
`;

/** docs/reference/settings.md, as Prettier would format it. */
export function settingsReference(): string {
  const sections = Map.groupBy(describeSettings(), ({ section }) => section);
  const parts = [...sections].map(([section, rows]) => part(`\`[${section}]\``, rows));
  return [intro, ...parts, watchdogIntro, ...tableOf(describeWatchdogSettings()), ''].join('\n');
}

const part = (heading: string, rows: readonly SettingRow[]): string =>
  [`## ${heading}`, '', ...tableOf(rows), ''].join('\n');

const tableOf = (rows: readonly SettingRow[]): string[] => {
  const cells = rows.map((row) => [keyCell(row), row.expects, row.default, meaningCell(row)]);
  return alignedTable(columns, cells);
};

const columns = ['key', 'needs', 'default', 'what it does'];

const keyCell = ({ key, aliases }: SettingRow): string =>
  [key, ...aliases].map((name) => `\`${name}\``).join(', ');

function meaningCell({ key, description, restart, secret, ...notes }: SettingRow): string {
  return [
    description,
    secret ? `A secret: \`${key}File\` may name a file that holds it.` : '',
    restart ? '' : 'Counts at once.',
    notes.empty === '' ? '' : `Empty for ${notes.empty}.`,
    notes.noEffect === '' ? '' : `Without effect: ${notes.noEffect}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
