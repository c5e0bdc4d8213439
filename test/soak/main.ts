/** `npm run soak:pair -- --minutes 60 --seed 1`: a pair of hubs with faults for as long as it takes, and judge. For root. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Network } from '../support/network.ts';
import { hasClient, isRoot } from '../support/real-client.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    phones: { type: 'string', default: '300' },
    branches: { type: 'string', default: '3' },
    every: { type: 'string', default: '30' },
    faults: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const whole = (text: string, least: number, most: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`${text}: whole numbers from ${least} to ${most}, please\n`);
  process.exit(2);
};
const minutes = whole(values.minutes, 1, 10_000);
const every = whole(values.every, 5, 3_600);
const branches = whole(values.branches, 1, 5);
const faults = whole(values.faults ?? String(Math.round((minutes * 60) / every)), 1, 100_000);
const seed = whole(values.seed, 0, 2 ** 31);
const phones = whole(values.phones, 1, 2_000);
const missing = (['ip', 'keepalived', 'bash', 'mount'] as const).filter((name) => !hasClient(name));
if (!isRoot() || missing.length > 0) {
  process.stderr.write(`needs root, and ${missing.join(', ') || 'nothing else'}\n`);
  process.exit(2);
}

const root = await mkdtemp(path.join(tmpdir(), 'branchline-soak-'));
const out = path.resolve(values.out ?? path.join(root, 'out'));
const network = {
  id: randomBytes(3).toString('hex'),
  machines: 3 + branches,
};
const machines = new Network({ ...network, folder: root });
let code = 1;
try {
  await machines.make();
  const order = {
    ...network,
    root,
    out,
    seed,
    faults,
    everyMs: every * 1_000,
    phones,
    only: values.only ?? '',
  };
  const program = fileURLToPath(new URL('./inside.ts', import.meta.url));
  const words = [
    process.execPath,
    '-C',
    'source',
    '--disable-warning=ExperimentalWarning',
    program,
  ];
  const where = ['netns', 'exec', machines.nameOf(3)];
  const child = spawn('ip', [...where, ...words, JSON.stringify(order)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void child.kill('SIGTERM'));
  await once(child, 'exit');
  code = child.exitCode ?? 1;
} finally {
  await machines.remove();
  if (code === 0 && values.out !== undefined) await rm(root, { recursive: true, force: true });
}
process.exitCode = code;
