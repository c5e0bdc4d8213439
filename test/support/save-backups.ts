import { writeSync } from 'node:fs';
import { backupStore, bodyOf } from './backup-store.ts';

/** Saves one name again and again in a process of its own; each number that is safe goes to stdout. */
const [folder = '', name = ''] = process.argv.slice(2);
const store = await backupStore(folder);

for (let version = 1; ; version += 1) {
  // Half of them are collected in memory, the others written as they come.
  const pieces = Array.from({ length: version % 2 === 0 ? 20 : 2 }, () =>
    Buffer.from(`${version}\n`.repeat(Math.ceil(70_000 / `${version}\n`.length))),
  );
  await store.save(name, bodyOf(...pieces));
  writeSync(1, `${version}\n`);
}
