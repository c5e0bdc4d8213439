import { writeDurably } from '#libs/files';
import { openapi } from '#libs/pages';
import { buildProgram } from '../cli/program.ts';
import { alarmReference } from './alarm-reference.ts';
import { commandReference } from './command-reference.ts';
import { settingsReference } from './settings-reference.ts';

/** Writes the pages of docs/reference that come from the code. Run in the top folder: `npm run docs`. */
await writeDurably('docs/reference/settings.md', settingsReference());
await writeDurably('docs/reference/openapi.json', `${JSON.stringify(openapi(), undefined, 2)}\n`);
await writeDurably('docs/reference/alarms.md', alarmReference());
await writeDurably('docs/reference/commands.md', commandReference(await buildProgram(undefined)));
