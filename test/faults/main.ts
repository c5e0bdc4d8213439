/** `npm run soak -- --kills 500 --seed 1`: kill servers for as long as it takes, and judge. */
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const say = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
// Leave by the door, so that no server is left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const kills = Number(values.kills);
const seed = Number(values.seed);
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--kills and --seed are whole numbers\n');
  process.exit(2);
}
say(`seed ${seed}, ${kills} kills`);
const { faults, ...figures } = await soak({ seed, kills, say });
say(JSON.stringify(figures, undefined, 2));
for (const fault of faults.slice(0, 50)) say(`FAULT ${fault}`);
say(
  faults.length === 0
    ? `nothing was lost, nothing came twice: seed ${seed}, ${figures.kills} kills`
    : `${faults.length} faults: replay with --seed ${seed} --kills ${kills}; logs and data in ${figures.folder}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
