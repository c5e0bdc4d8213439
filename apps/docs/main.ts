import { writeDurably } from '#libs/files';
import { settingsReference } from './settings-reference.ts';

/** Writes the pages of docs/reference that come from the code. Run in the top folder: `npm run docs`. */
await writeDurably('docs/reference/settings.md', settingsReference());
