import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { findClient } from './real-client.ts';

/** What came of a script; `status` is that of its last command that failed, else 0. */
export interface ShellRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a machine with the product on it has this checkout: see `InstalledMachine`. */
const compiled = '/usr/lib/branchline/node_modules/.cache/compiled';

/** A step of an administrator that takes longer hangs. */
const timeoutMs = 90_000;

/** Each script is a file of its own, so that none of its commands reads what the shell is told next. */
const session = `
set -E
mount -t proc proc /proc
ip link set lo up
cd /root
followed() {
  failed=0
  trap 'failed=$?' ERR
  . "/run/followed/$1" <"/run/followed/$1.in" >"/run/followed/$1.out" 2>"/run/followed/$1.err"
  trap - ERR
  echo "$1 $failed" >&3
}
exec 3>&1 >/run/followed/session 2>&1
`;

/**
 * An administrator's one session of bash, as root in a root folder, with processes and a network of its own, all gone with the test.
 * What a script leaves (jobs, variables, the folder it went to) is there for the next. For root, with `bash`, `ip` and `unshare`.
 */
export class MachineShell {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #statuses: AsyncIterator<string>;
  #count = 0;

  private constructor(child: ChildProcess, folder: string, lines: AsyncIterator<string>) {
    this.#process = child;
    this.#folder = folder;
    this.#statuses = lines;
  }

  /** `on` runs its arguments on another machine of a switch; without it the network is empty. */
  static async start(root: string, on?: string): Promise<MachineShell> {
    const folder = path.join(root, 'run/followed');
    await mkdir(folder, { recursive: true });
    const apart = [
      '--pid',
      '--mount',
      '--fork',
      '--kill-child',
      ...(on === undefined ? ['--net'] : []),
    ];
    const words = [findClient('unshare') ?? 'unshare', ...apart, 'chroot', root, '/bin/bash'];
    const [program = '', ...args] = on === undefined ? words : [on, ...words];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        LC_ALL: 'C.UTF-8',
        // Compiled code is kept for the next of many short commands.
        NODE_COMPILE_CACHE: compiled,
        // The checkout's build, where `npm test` has made it.
        ...(process.env['BRANCHLINE_DIST'] !== undefined && { BRANCHLINE_DIST: '1' }),
      },
    });
    const ended = once(child, 'close');
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    // A session that has ended takes no more input; whoever waits for its answer is told.
    child.stdin.on('error', () => undefined);
    child.stdin.write(session);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new MachineShell(child, folder, lines);
  }

  /** Run a script to its end; `typed` is what its commands read from the keyboard. @throws when it has not ended in time, or has ended the session. */
  async run(script: string, typed = ''): Promise<ShellRun> {
    const name = String((this.#count += 1));
    const file = path.join(this.#folder, name);
    await Promise.all([writeFile(file, script), writeFile(`${file}.in`, typed)]);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), timeoutMs);
    this.#process.stdin?.write(`followed ${name}\n`);
    const answer = await this.#statuses.next();
    clearTimeout(timer);
    const [stdout = '', stderr = ''] = await Promise.all(
      ['out', 'err'].map((kind) => readFile(`${file}.${kind}`, 'utf8').catch(() => '')),
    );
    if (answer.done === true) {
      const why = `no end within ${timeoutMs} ms: ${script}\n${stdout}${stderr}`;
      throw new Error(`${why}\n${await this.#journal()}`);
    }
    return { status: Number(answer.value.split(' ')[1]), stdout, stderr };
  }

  /** What the units have logged of late. */
  async #journal(): Promise<string> {
    const folder = path.join(this.#folder, '../../var/log/stand-in');
    const names = await readdir(folder).catch(() => []);
    const logs = names.map((name) => readFile(path.join(folder, name), 'utf8'));
    return (await Promise.all(logs)).map((log) => log.slice(-1_500)).join('\n');
  }

  /** As `run`; returns its stdout. @throws with all that it printed when a command of it failed. */
  async must(script: string, typed?: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(script, typed);
    if (status !== 0) throw new Error(`exit status ${status}: ${script}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Again and again until its last command succeeds. */
  async until(script: string): Promise<string> {
    return await this.must(`until\n${script}\ndo sleep 0.1; done`);
  }
}
