import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { runClient, type ClientRun } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

/** A machine with a network of its own: every port is free there. */
export interface Machine {
  /** Of its device `eth0`, in 192.0.2.0/24. */
  readonly address: string;
  /** A program that runs its arguments on this machine. */
  readonly on: string;
  /** One that runs `program` there, with what it is given. */
  program(program: string): Promise<string>;
  run(program: string, ...words: string[]): Promise<ClientRun>;
  /** Pull its cable, or put it in again. */
  cable(state: 'up' | 'down'): Promise<void>;
}

async function ip(...words: string[]): Promise<void> {
  const { status, stderr } = await runClient('ip', words);
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** So many machines on one switch, as network namespaces, gone with the test. For root, with `ip`. */
export async function machinesOnSwitch(count: number): Promise<Machine[]> {
  const folder = await tempFolder();
  const id = randomBytes(3).toString('hex');
  const inSwitch = await namespace(`bl-${id}-switch`);
  await inSwitch('link', 'add', 'br0', 'type', 'bridge');
  await inSwitch('link', 'set', 'br0', 'up');
  return await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const name = `bl-${id}-${at + 1}`;
      const inside = await namespace(name);
      const port = `p${at + 1}`;
      await inSwitch('link', 'add', port, 'type', 'veth', 'peer', 'eth0', 'netns', name);
      await inSwitch('link', 'set', port, 'master', 'br0', 'up');
      const address = `192.0.2.${at + 1}`;
      await inside('address', 'add', `${address}/24`, 'dev', 'eth0');
      for (const device of ['lo', 'eth0']) await inside('link', 'set', device, 'up');
      const script = async (file: string, words: string): Promise<string> => {
        await writeFile(file, `#!/bin/sh\nexec ip netns exec ${name} ${words} "$@"\n`);
        await chmod(file, 0o755);
        return file;
      };
      return {
        address,
        on: await script(path.join(folder, name), ''),
        program: (program) =>
          script(path.join(folder, `${name}-${path.basename(program)}`), `'${program}'`),
        run: (program, ...words) => runClient('ip', ['netns', 'exec', name, program, ...words]),
        cable: (state) => inSwitch('link', 'set', port, state),
      };
    }),
  );
}

/** A namespace, gone with the test; returns what runs `ip` in it. */
async function namespace(name: string): Promise<(...words: string[]) => Promise<void>> {
  await ip('netns', 'add', name);
  onTestFinished(() => ip('netns', 'delete', name));
  return (...words) => ip('-n', name, ...words);
}
