/** `npm run bench [-- NAME… --markdown]`, or `NAME PART…` for parts of one: each test/bench/NAME.bench.ts in a process of its own, ours beside a peer. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { benchResult, isKept, type BenchResult } from './support/bench-result.ts';
import { asMarkdown, asText, machine } from './support/print-result.ts';

const limitMs = 15 * 60_000;
const suffix = '.bench.ts';

const { values, positionals } = parseArgs({
  options: { markdown: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const all = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .toSorted();
const named = positionals.filter((word) => all.includes(word));
/** Behind the name of one benchmark: what of it is wanted. */
const parts = named.length === 1 && named[0] === positionals[0] ? positionals.slice(1) : [];
const wanted = all.filter((name) => positionals.length === 0 || named.includes(name));

if (wanted.length + new Set(parts).size < new Set(positionals).size || wanted.length === 0) {
  process.stderr.write(`no such benchmark; there are: ${all.join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`${machine()}, ${new Date().toISOString().slice(0, 10)}\n\n`);
  let missed = 0;
  let failed = 0;
  for (const name of wanted) {
    try {
      for (const result of await runBench(name)) {
        process.stdout.write(`${values.markdown ? asMarkdown(result, name) : asText(result)}\n`);
        if (!keepsItsPromises(result)) missed++;
      }
    } catch (error) {
      process.stderr.write(`${name} did not run: ${String(error)}\n`);
      process.exitCode = 1;
      failed++;
    }
  }
  if (failed > 0) process.stdout.write(`${failed} did not run\n`);
  else process.stdout.write(missed === 0 ? 'every promise met\n' : `${missed} MISSED\n`);
}

function keepsItsPromises({ figures, ratio }: BenchResult): boolean {
  return figures.every(isKept) && ratio?.met !== false;
}

/** A bench that neither ends nor answers in time is killed: it failed to run. */
async function runBench(name: string): Promise<BenchResult[]> {
  const file = path.join(import.meta.dirname, `${name}${suffix}`);
  const runner = path.join(import.meta.dirname, 'run-one.ts');
  const child = spawn(process.execPath, ['-C', 'source', runner, file, ...parts], {
    stdio: ['ignore', 2, 2, 'ipc'],
    timeout: limitMs,
  });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let answer: unknown;
  child.once('message', (message) => {
    answer = message;
  });
  child.once('error', reject);
  child.once('close', (code, signal) => {
    if (code === 0) resolve(answer);
    else reject(new Error(`it ended with ${signal ?? String(code)}`));
  });
  const answered = await promise;
  return Value.Parse(Type.Array(benchResult), Array.isArray(answered) ? answered : [answered]);
}
