import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { LaunchedServer } from '../support/launched-server.ts';
import { machinesOnSwitch, type Machine } from '../support/machines.ts';
import { hasClient, isRoot } from '../support/real-client.ts';
import { mustRun, sha256 } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const shared = '192.0.2.100';
const able =
  isRoot() && (['curl', 'ip', 'keepalived', 'bash'] as const).every((name) => hasClient(name));

/** One of the pair: a server and its keepalived. */
interface Node {
  readonly machine: Machine;
  readonly folder: string;
  readonly config: string;
  server: LaunchedServer;
}

/** Scripts of root are run by keepalived only where nobody else can write. */
async function ownScripts(): Promise<string> {
  const folder = await mkdtemp('/run/branchline-test-');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  await cp('packaging/ha', folder, { recursive: true });
  return folder;
}

async function startNode(machine: Machine, peer: Machine, firmware: Buffer): Promise<Node> {
  const folder = await tempFolder();
  const config = path.join(folder, 'MV_IPTel.ini');
  const lines = [
    ...['[Settings]', 'DataDir=data', '[FTP]', 'RunFTP=0', '[HTTPS]', 'RunHTTPS=0'],
    ...['[SNMP]', 'UseSNMP=0', '[UPLOADS]', 'HTTPBackupProof=none', 'HTTPBackupMaxKB=20000'],
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const tree = path.join(folder, 'data', 'HTTPdata');
  await mkdir(tree, { recursive: true });
  await writeFile(path.join(tree, 'firmware.bin'), firmware);
  const server = await LaunchedServer.launch(config, 'serve', { on: machine.on });
  onTestFinished(() => server.kill());
  const { address: own } = machine;
  const words = ['--address', `${shared}/24`, '--interface', 'eth0', '--own', own];
  const conf = await mustRun(
    'ha',
    'keepalived',
    ...words,
    '--peer',
    peer.address,
    '--config',
    config,
  );
  const scripts = await ownScripts();
  const file = path.join(scripts, 'keepalived.conf');
  await writeFile(file, conf.replaceAll(/\S*\/packaging\/ha(?=\/)/g, scripts), { mode: 0o644 });
  const pids = ['-p', path.join(folder, 'k.pid'), '-r', path.join(folder, 'v.pid')];
  const keepalived = spawn(machine.on, ['keepalived', '-n', '-l', '-P', '-f', file, ...pids], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    const gone = once(keepalived, 'exit');
    if (keepalived.kill('SIGTERM')) await gone;
  });
  return { machine, folder, config, server };
}

const holds = async ({ machine }: Node): Promise<boolean> =>
  (await machine.run('ip', '-o', 'address', 'show', 'dev', 'eth0')).stdout.includes(`${shared}/`);

/** Milliseconds until the address answers a telephone. */
async function untilServed(phone: Machine): Promise<number> {
  const began = performance.now();
  for (;;) {
    const url = `http://${shared}/firmware.bin`;
    const { status } = await phone.run(
      'curl',
      '-sf',
      '-m',
      '1',
      '-r',
      '0-99',
      '-o',
      '/dev/null',
      url,
    );
    if (status === 0) return performance.now() - began;
    await sleep(50);
  }
}

it.skipIf(!able)(
  'keeps its address and its telephones when one of two servers dies, and when it comes back (root, curl, ip, keepalived, bash)',
  async () => {
    const firmware = randomBytes(16_000_000);
    const [one, two, phone] = await machinesOnSwitch(3);
    if (one === undefined || two === undefined || phone === undefined) throw new Error('none');
    const nodes = await Promise.all([startNode(one, two, firmware), startNode(two, one, firmware)]);
    await untilServed(phone);
    const active = (await holds(nodes[0])) ? nodes[0] : nodes[1];
    const standby = active === nodes[0] ? nodes[1] : nodes[0];
    expect(await holds(standby)).toBe(false);

    // In mid-download and mid-upload.
    const there = await tempFolder();
    const [got, sent] = [path.join(there, 'firmware.bin'), path.join(there, 'saved')];
    await writeFile(sent, firmware);
    const url = `http://${shared}/firmware.bin`;
    const backup = `http://${shared}/4711_96xxdata.txt`;
    const slowly = ['-sf', '--limit-rate', '4M'];
    const download = phone.run('curl', ...slowly, '-o', got, url);
    const upload = phone.run('curl', ...slowly, '-T', sent, backup);
    await expect
      .poll(async () => (await stat(got).catch(() => ({ size: 0 }))).size)
      .toBeGreaterThan(2_000_000);
    await active.server.kill();
    const away = await untilServed(phone);
    expect(away).toBeLessThan(5_000);
    expect((await download).status).not.toBe(0);
    expect((await upload).status).not.toBe(0);
    expect(await holds(standby)).toBe(true);
    // The telephone asks again, for the rest.
    expect((await phone.run('curl', '-sf', '-C', '-', '-o', got, url)).status).toBe(0);
    expect(sha256(await readFile(got))).toBe(sha256(firmware));
    expect((await phone.run('curl', '-sf', '-T', sent, backup)).status).toBe(0);
    const saved = path.join('data', 'HTTPbackup', '4711_96xxdata.txt');
    expect(sha256(await readFile(path.join(standby.folder, saved)))).toBe(sha256(firmware));
    await expect(stat(path.join(active.folder, saved))).rejects.toMatchObject({ code: 'ENOENT' });

    // It comes back while a telephone is fetching: nothing moves.
    const during = phone.run('curl', '-sf', '--limit-rate', '4M', '-o', got, url);
    active.server = await LaunchedServer.launch(active.config, 'serve', { on: active.machine.on });
    const again = active.server;
    onTestFinished(() => again.kill());
    expect((await during).status).toBe(0);
    expect([await holds(active), await holds(standby)]).toEqual([false, true]);

    // A cable is pulled: the other one serves; it is put in again: one of them has the address.
    await standby.machine.cable('down');
    expect(await untilServed(phone)).toBeLessThan(5_000);
    await standby.machine.cable('up');
    await expect
      .poll(async () => [await holds(active), await holds(standby)].filter(Boolean).length)
      .toBe(1);
    await untilServed(phone);
  },
);
