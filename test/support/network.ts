import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '#libs/errors';
import { runClient, type ClientRun } from './real-client.ts';

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
  /** Machines that are isolated do not reach each other; all others reach them, and they all others. */
  isolated(state: 'on' | 'off'): Promise<void>;
  /** Slow its line down in both directions, with a short queue that drops what is too much; undefined: as it was. */
  slowed(kilobits: number | undefined): Promise<void>;
}

export interface NetworkOptions {
  /** Of its namespaces; unlike that of any other network of this host. */
  readonly id: string;
  readonly machines: number;
  /** For small programs; the caller's to remove. */
  readonly folder: string;
}

async function ip(...words: string[]): Promise<void> {
  const { status, stderr } = await runClient('ip', words);
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** Some machines on one switch, as network namespaces. For root, with `ip`. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #switch: string;

  /** One that `make` has made, perhaps in another process. */
  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#switch = `bl-${options.id}-switch`;
  }

  async make(): Promise<void> {
    await ip('netns', 'add', this.#switch);
    await ip('-n', this.#switch, 'link', 'add', 'br0', 'type', 'bridge');
    await ip('-n', this.#switch, 'link', 'set', 'br0', 'up');
    await Promise.all(this.#numbers().map((n) => this.#plugIn(n)));
  }

  /** Where programs run that are started without `on`. */
  nameOf(machine: number): string {
    return `bl-${this.#options.id}-${machine}`;
  }

  async machines(): Promise<Machine[]> {
    return await Promise.all(this.#numbers().map((n) => this.#machine(n)));
  }

  /** With every program that still runs on one of its machines. */
  async remove(): Promise<void> {
    for (const name of [...this.#numbers().map((n) => this.nameOf(n)), this.#switch]) {
      const { stdout } = await runClient('ip', ['netns', 'pids', name]);
      for (const pid of stdout.toString().split('\n').filter(Boolean)) end(Number(pid));
      await runClient('ip', ['netns', 'delete', name]);
    }
  }

  #numbers(): number[] {
    return Array.from({ length: this.#options.machines }, (_, at) => at + 1);
  }

  async #plugIn(n: number): Promise<void> {
    const name = this.nameOf(n);
    const port = `p${n}`;
    await ip('netns', 'add', name);
    const cable = ['type', 'veth', 'peer', 'eth0', 'netns', name];
    await ip('-n', this.#switch, 'link', 'add', port, ...cable);
    await ip('-n', this.#switch, 'link', 'set', port, 'master', 'br0', 'up');
    await ip('-n', name, 'address', 'add', `${addressOf(n)}/24`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', device, 'up');
  }

  async #machine(n: number): Promise<Machine> {
    const name = this.nameOf(n);
    const { folder } = this.#options;
    const port = `p${n}`;
    const script = async (file: string, words: string): Promise<string> => {
      await writeFile(file, `#!/bin/sh\nexec ip netns exec ${name} ${words} "$@"\n`);
      await chmod(file, 0o755);
      return file;
    };
    return {
      address: addressOf(n),
      on: await script(path.join(folder, name), ''),
      program: (program) =>
        script(path.join(folder, `${name}-${path.basename(program)}`), `'${program}'`),
      run: (program, ...words) => runClient('ip', ['netns', 'exec', name, program, ...words]),
      cable: (state) => ip('-n', this.#switch, 'link', 'set', port, state),
      isolated: (state) =>
        ip('-n', this.#switch, 'link', 'set', port, 'type', 'bridge_slave', 'isolated', state),
      slowed: async (kilobits) => {
        for (const [where, device] of [
          [this.#switch, port],
          [name, 'eth0'],
        ] as const)
          await slow(where, device, kilobits);
      },
    };
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

const addressOf = (n: number): string => `192.0.2.${n}`;

/** A token bucket: what does not fit into 100 ms of it is dropped. */
async function slow(namespace: string, device: string, kilobits?: number): Promise<void> {
  const words =
    kilobits === undefined
      ? ['qdisc', 'del', 'dev', device, 'root']
      : [
          ...['qdisc', 'replace', 'dev', device, 'root', 'tbf'],
          ...['rate', `${kilobits}kbit`, 'burst', '16k', 'latency', '100ms'],
        ];
  const { status, stderr } = await runClient('ip', ['netns', 'exec', namespace, 'tc', ...words]);
  if (status !== 0) throw new Error(`tc ${words.join(' ')}: ${stderr}`);
}
