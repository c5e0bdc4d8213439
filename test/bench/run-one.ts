/** One benchmark in a process of its own, started by run-benchmarks.ts: what it measured goes back as a message. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './support/bench-result.ts';

const [, , file, ...parts] = process.argv;
if (file === undefined || process.send === undefined)
  throw new Error('run-one.ts is started by run-benchmarks.ts: use npm run bench');

// So that what the benchmark has started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const bench: Bench = (await import(pathToFileURL(path.resolve(file)).href)) as Bench; // the bench's own type check holds its shape
const unknown = parts.find((part) => bench.caseNames?.includes(part) !== true);
if (unknown !== undefined) {
  throw new Error(
    `${bench.name} has no ${unknown}, but: ${bench.caseNames?.join(', ') ?? 'no parts'}`,
  );
}
process.send(await bench.run(parts.length === 0 ? undefined : parts));
process.disconnect();
