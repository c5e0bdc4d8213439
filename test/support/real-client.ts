import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { constants as os, tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from './clients.ts';

/** What a real client answered; `status` is the exit code, or 128 + the signal that ended it, as a shell counts. */
export interface ClientRun {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  /** Killed and reported as an error after this long; 30 s unless told. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Written to the client's standard input, which is then closed. */
  readonly input?: string | Buffer;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The most bytes kept of stdout and of stderr; more is an error. 256 MiB unless told. */
  readonly maxBytes?: number;
}

/** True when the client is installed. Safe at collection time: it looks, it runs nothing. */
export function hasClient(name: Client): boolean {
  return findClient(name) !== undefined;
}

/** Where the client is, or undefined; the sbin folders count even when PATH leaves them out. */
export function findClient(name: Client): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/** The first line of the client that holds its version; for titles and reports, never for decisions. */
export async function clientVersion(name: Client): Promise<string> {
  const { stdout, stderr } = await runClient(name, [versionFlag[name] ?? '--version'], {
    timeoutMs: 10_000,
  });
  const lines = `${stdout.toString()}\n${stderr}`.split('\n').map((line) => line.trim());
  return lines.find((line) => /\d+\.\d+/.test(line)) ?? 'unknown version';
}

/** Run a real client to its end. A non-zero status is an answer; not ending in time, or not starting, is an error. */
export async function runClient(
  name: Client,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ClientRun> {
  const { timeoutMs = 30_000, maxBytes = 268_435_456 } = options;
  const program = findClient(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (why: string): void => {
    child.kill('SIGKILL');
    reject(new Error(`${[name, ...args].join(' ')} ${why}`));
  };
  const timer = setTimeout(() => {
    fail(`did not end within ${timeoutMs} ms`);
  }, timeoutMs);
  const keep = (stream: NodeJS.ReadableStream): Buffer[] => {
    const kept: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(`wrote more than ${maxBytes} bytes`);
      else kept.push(chunk);
    });
    return kept;
  };
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  child.once('error', reject);
  child.once('close', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal]));
  });
  // A client may end without reading its input: EPIPE is no failure of the run.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  try {
    const status = await promise;
    return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  } finally {
    clearTimeout(timer);
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** True when this user may mount a small tmpfs (found out by doing it once), which a full-disk test needs. */
export function canMountTmpfs(): boolean {
  mayMount ??= triesTmpfs();
  return mayMount;
}

const versionFlag: Partial<Record<Client, string>> = {
  atftp: '--version',
  nc: '-h',
  openssl: 'version',
  strace: '-V',
  tftp: '-V',
  unzip: '-v',
  zip: '-v',
};

let mayMount: boolean | undefined;

function triesTmpfs(): boolean {
  const mount = findClient('mount');
  if (!isRoot() || mount === undefined) return false;
  const folder = mkdtempSync(path.join(tmpdir(), 'branchline-tmpfs-'));
  try {
    const options = { timeout: 5_000 };
    if (spawnSync(mount, ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], options).status !== 0)
      return false;
    return spawnSync('umount', [folder], options).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
