import { InstalledMachine } from './installed-machine.ts';
import { machinesOnSwitch } from './machines.ts';

export interface JoinedMachines {
  readonly hub: InstalledMachine;
  readonly branch: InstalledMachine;
  readonly hubAddress: string;
}

/** Two machines on which the package is installed: a hub that runs, and its branch `lisbon`, joined, which runs too. */
export async function joinedMachines(): Promise<JoinedMachines> {
  const [one, two] = await machinesOnSwitch(2);
  if (one === undefined || two === undefined) throw new Error('no machines');
  const [hub, branch] = await Promise.all([InstalledMachine.make(one), InstalledMachine.make(two)]);
  await hub.must(`branchline hub init --name ${one.address}; systemctl start branchline`);
  const invitation = await hub.must('branchline hub invite lisbon');
  await branch.must(`branchline join '${invitation.trim()}'; systemctl start branchline`);
  return { hub, branch, hubAddress: one.address };
}
