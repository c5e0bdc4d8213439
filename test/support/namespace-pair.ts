import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { runClient, type ClientRun } from './real-client.ts';

/** Two network namespaces with a cable between them; gone with the test. Needs root. */
export class NamespacePair {
  readonly server: string;
  readonly client: string;
  /** The name of the interface in both. */
  readonly cable = 'cable';

  private constructor(name: string) {
    this.server = `${name}-s`;
    this.client = `${name}-c`;
  }

  /** `address` of the server, with its bits; the client has none yet. */
  static async make(address: string): Promise<NamespacePair> {
    const pair = new NamespacePair(`bl-dhcp-${randomBytes(3).toString('hex')}`);
    const { server, client, cable } = pair;
    onTestFinished(async () => {
      for (const name of [server, client]) await runClient('ip', ['netns', 'del', name]);
    });
    for (const name of [server, client]) await ip('netns', 'add', name);
    await ip(
      ...['link', 'add', cable, 'netns', server, 'type', 'veth'],
      ...['peer', 'name', cable, 'netns', client],
    );
    await ip('-n', server, 'address', 'add', address, 'dev', cable);
    for (const name of [server, client]) {
      await ip('-n', name, 'link', 'set', 'lo', 'up');
      await ip('-n', name, 'link', 'set', cable, 'up');
    }
    return pair;
  }

  /** Run a program to its end, in one of the two. */
  async run(where: 'server' | 'client', ...words: string[]): Promise<ClientRun> {
    return await runClient('ip', this.words(where, ...words));
  }

  /** Start a program that stays; ended with the test. */
  start(where: 'server' | 'client', ...words: string[]): ChildProcess {
    const child = spawn('ip', this.words(where, ...words), { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  /** What `ip` has to be told. */
  words(where: 'server' | 'client', ...words: string[]): string[] {
    return ['netns', 'exec', this[where], ...words];
  }
}

async function ip(...words: string[]): Promise<void> {
  const { status, stderr } = await runClient('ip', words);
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}
