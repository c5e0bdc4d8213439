import { rm } from 'node:fs/promises';
import path from 'node:path';
import { rolldown } from 'rolldown';

/** What Node starts; the others are threads. */
const entries = [
  'apps/cli/main.ts',
  'libs/archive/build-worker.ts',
  'libs/archive/unpack-worker.ts',
  'libs/release/targets-worker.ts',
  'libs/sync/look-worker.ts',
  'libs/sync/partial-writer.ts',
];

/** They look for files beside their own source. */
const leftAlone = [/^better-sqlite3/, /^koffi/, /^net-snmp/];

/**
 * `npm run build`: the sources and the packages they use, in a few files instead of two thousand. A command spends most
 * of its time on opening and linking them: it starts in less than half of the time. All lie in one folder, for
 * `startThread` looks for a thread beside the file that starts it. Types are `npm run check`'s to judge.
 */
const checkout = process.cwd();
const dist = path.join(checkout, 'dist');
await rm(dist, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: checkout,
  input: Object.fromEntries(entries.map((file) => [path.basename(file, '.ts'), file])),
  platform: 'node',
  resolve: { conditionNames: ['source', 'node', 'import', 'default'] },
  external: leftAlone,
  onLog(level, log) {
    // A branch of a help text that is loaded at once and on demand: as it is in the sources.
    if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') throw new Error(`${level}: ${log.message}`);
  },
});
await bundle.write({
  dir: path.join(dist, 'apps', 'cli'),
  format: 'esm',
  // Names of errors are read by people, and reflect-metadata has to come before what uses it.
  keepNames: true,
  strictExecutionOrder: true,
});
await bundle.close();
