/** The run itself, on the telephones' machine of a network that main.ts has made: `ip netns exec` it with an order. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { Network } from '../support/network.ts';
import { runClient } from '../support/real-client.ts';
import { plotOf } from './plot.ts';
import { phoneAddresses, soakPair, type SoakPairReport } from './soak-pair.ts';

const order = Value.Parse(
  Type.Object({
    id: Type.String(),
    machines: Type.Integer(),
    root: Type.String(),
    out: Type.String(),
    seed: Type.Integer(),
    faults: Type.Integer(),
    everyMs: Type.Number(),
    phones: Type.Integer(),
    only: Type.String(),
  }),
  JSON.parse(process.argv[2] ?? ''),
);
const { root, out, seed, faults, everyMs, phones, only, ...network } = order;
const say = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
// Leave by the door, so that no server is left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
for (const address of phoneAddresses)
  await runClient('ip', ['address', 'add', `${address}/24`, 'dev', 'eth0']);
const machines = await new Network({ ...network, folder: root }).machines();
await mkdir(out, { recursive: true });
const title = `Memory and open files of a pair of hubs and three branches, seed ${seed}`;
const write = async ({ samples, marks, ...figures }: SoakPairReport): Promise<void> => {
  const rows = samples.map((one) =>
    [one.seconds, one.server, one.pid, one.residentKB, one.anonymousKB, one.files].join(','),
  );
  const head = 'seconds,server,pid,resident_kb,anonymous_kb,open_files';
  await writeFile(path.join(out, 'samples.csv'), `${[head, ...rows].join('\n')}\n`);
  const json = JSON.stringify({ ...figures, marks }, undefined, 2);
  await writeFile(path.join(out, 'report.json'), `${json}\n`);
  await writeFile(path.join(out, 'soak-pair.svg'), plotOf(samples, marks, title));
};
const options = { root, machines, seed, faults, everyMs, phones, only, say, onFigures: write };
const report = await soakPair(options);
await write(report);
const { samples, marks, ...figures } = report;
const shown = { ...figures, faults: figures.faults.length, looks: samples.length };
say(JSON.stringify({ ...shown, marks: marks.length }, undefined, 2));
for (const fault of figures.faults.slice(0, 50)) say(`FAULT ${fault}`);
if (figures.faults.length > 0) {
  // Its disk is gone with this process.
  await cp(path.join(root, 'faro'), path.join(out, 'faro'), { recursive: true });
  say(`${figures.faults.length} faults: replay with --seed ${seed}; logs and data in ${root}`);
} else say(`nothing was lost, nothing came twice: seed ${seed}, ${faults} faults`);
process.exitCode = figures.faults.length === 0 ? 0 : 1;
