import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { clients, isClient, type Client } from '../support/clients.ts';
import { hasClient, isRoot } from '../support/real-client.ts';

const updateLimitMs = 120_000;
const installLimitMs = 300_000;

/** The clients of the table that this machine lacks. */
export function missingClients(): Client[] {
  return Object.keys(clients)
    .filter(isClient)
    .filter((name) => !hasClient(name));
}

/**
 * Install the missing clients where that is ours to do: Debian, root, and nobody said no.
 * Never fails: what is missing afterwards is named, and its tests are skipped.
 */
export async function installClients(say: (line: string) => void): Promise<void> {
  const missing = missingClients();
  if (missing.length === 0) return;
  const why = whyNotInstall();
  if (why === undefined) {
    const packages = [...new Set(missing.map((name) => clients[name]))];
    say(`installing with apt-get: ${packages.join(', ')}`);
    await install(packages);
  }
  const still = missingClients();
  const installed = missing.filter((name) => !still.includes(name));
  if (installed.length > 0) say(`installed real clients: ${installed.join(', ')}`);
  if (still.length > 0) {
    const reason = why ?? 'apt-get did not bring them, see above';
    say(
      `missing real clients, their tests are skipped: ${still.map(named).join(', ')} (${reason})`,
    );
  }
}

const named = (name: Client): string => `${name} [package ${clients[name]}]`;

function whyNotInstall(): string | undefined {
  if (process.env['BRANCHLINE_INSTALL_CLIENTS'] === 'no') return 'BRANCHLINE_INSTALL_CLIENTS=no';
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) return 'not Debian';
  return isRoot() ? undefined : 'not root';
}

/** All in one go; where one package is unknown to this release, apt-get refuses them all, so then one by one. */
async function install(packages: readonly string[]): Promise<void> {
  await aptGet(['update', '-qq'], updateLimitMs);
  const options = ['install', '-y', '-qq', '--no-install-recommends'];
  const allowServices = forbidServices();
  try {
    if (await aptGet([...options, ...packages], installLimitMs)) return;
    for (const name of packages) await aptGet([...options, name], installLimitMs);
  } finally {
    allowServices();
  }
}

/** Debian's word for "start no service" (invoke-rc.d(8)); an answer that somebody else has put there stays. */
const servicePolicy = '/usr/sbin/policy-rc.d';

/** The daemons among the clients are started by the tests alone. Returns what takes this back. */
function forbidServices(): () => void {
  if (existsSync(servicePolicy)) return () => undefined;
  writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => {
    rmSync(servicePolicy, { force: true });
  };
}

/** True when apt-get succeeded within its time. What it says goes to stderr. */
async function aptGet(args: readonly string[], limitMs: number): Promise<boolean> {
  const patience = ['Acquire::Retries=2', 'Acquire::http::Timeout=20', 'DPkg::Lock::Timeout=60'];
  const child = spawn('apt-get', [...patience.flatMap((option) => ['-o', option]), ...args], {
    stdio: ['ignore', 2, 2],
    timeout: limitMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('error', () => {
    resolve(false);
  });
  child.once('close', (code) => {
    resolve(code === 0);
  });
  return promise;
}
