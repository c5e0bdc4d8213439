import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { Network, type Machine } from './network.ts';
import { tempFolder } from './temp-folder.ts';

export type { Machine } from './network.ts';

/** So many machines on one switch, gone with the test. For root, with `ip`. */
export async function machinesOnSwitch(count: number): Promise<Machine[]> {
  const id = randomBytes(3).toString('hex');
  const network = new Network({ id, machines: count, folder: await tempFolder() });
  onTestFinished(() => network.remove());
  await network.make();
  return await network.machines();
}
