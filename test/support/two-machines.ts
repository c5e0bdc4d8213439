import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { runClient, type ClientRun } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

/** A machine with a network of its own: every port is free there. */
export interface Machine {
  readonly address: string;
  /** A program that runs its arguments on this machine. */
  readonly on: string;
  /** One that runs `program` there, with what it is given. */
  program(program: string): Promise<string>;
  run(program: string, ...words: string[]): Promise<ClientRun>;
}

async function ip(...words: string[]): Promise<void> {
  const { status, stderr } = await runClient('ip', words);
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** Two machines on one cable, as network namespaces, gone with the test. For root, with `ip`. */
export async function twoMachines(): Promise<readonly [Machine, Machine]> {
  const folder = await tempFolder();
  const id = randomBytes(3).toString('hex');
  const names = [`bl-${id}-a`, `bl-${id}-b`] as const;
  for (const name of names) {
    await ip('netns', 'add', name);
    onTestFinished(() => ip('netns', 'delete', name));
  }
  await ip(
    'link',
    'add',
    `${id}a`,
    'netns',
    names[0],
    'type',
    'veth',
    'peer',
    `${id}b`,
    'netns',
    names[1],
  );
  const machine = async (name: string, device: string, address: string): Promise<Machine> => {
    const inside = (...words: string[]) => ip('-n', name, ...words);
    await inside('address', 'add', `${address}/24`, 'dev', device);
    for (const link of ['lo', device]) await inside('link', 'set', link, 'up');
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
    };
  };
  return [
    await machine(names[0], `${id}a`, '192.0.2.1'),
    await machine(names[1], `${id}b`, '192.0.2.2'),
  ];
}
