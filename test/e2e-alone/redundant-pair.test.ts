import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import AdmZip from 'adm-zip';
import { expect, it, onTestFinished } from 'vitest';
import { heldVersions } from '../support/held-versions.ts';
import { Keepalived } from '../support/keepalived.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { machinesOnSwitch, type Machine } from '../support/machines.ts';
import { joinAll, on, pairSite, type PairSite } from '../support/pair-site.ts';
import { hasClient, isRoot } from '../support/real-client.ts';
import { sha256 } from '../support/site.ts';
import { tempFolder } from '../support/temp-folder.ts';

const shared = '192.0.2.100';
const able =
  isRoot() && (['curl', 'ip', 'keepalived', 'bash'] as const).every((name) => hasClient(name));
/** No telephone is without its server for longer, in milliseconds. */
const boundMs = 5_000;

/** One of the pair: a server and its keepalived. */
interface Node {
  readonly site: PairSite;
  readonly keepalived: Keepalived;
  server: LaunchedServer;
}

interface Rig {
  readonly nodes: readonly [Node, Node];
  readonly branch: PairSite;
  readonly phone: Machine;
  /** Who has the address, and who has not. */
  readonly inTurn: () => Promise<[active: Node, standby: Node]>;
}

const launch = async ({ config, machine }: PairSite): Promise<LaunchedServer> => {
  const server = await LaunchedServer.launch(config, 'serve', { on: machine.on });
  onTestFinished(() => server.kill());
  return server;
};

/** Two hubs that are a pair and have one address, both with `firmware`; a branch that does not run; a telephone. */
async function pairWithPhone(firmware: Buffer): Promise<Rig> {
  const root = await tempFolder();
  const [one, two, phone, away] = await machinesOnSwitch(4);
  if (one === undefined || two === undefined || phone === undefined || away === undefined)
    throw new Error('four machines');
  const more = { 'UPLOADS/HTTPBackupMaxKB': '20000', 'HUB/ReconcileSeconds': '1' };
  const sites = [
    await pairSite(root, 'porto', one, more),
    await pairSite(root, 'faro', two, more),
  ] as const;
  const branch = await pairSite(root, 'lisbon', away);
  await joinAll(sites, [branch]);
  const node = async (site: PairSite, peer: PairSite): Promise<Node> => {
    const tree = path.join(site.folder, 'data', 'HTTPdata');
    await mkdir(tree, { recursive: true });
    await writeFile(path.join(tree, 'firmware.bin'), firmware);
    const { machine, config, folder } = site;
    const keepalived = await Keepalived.prepare({
      ...{ machine, peer: peer.machine, shared, config, folder },
    });
    onTestFinished(() => keepalived.remove());
    return { site, keepalived, server: await launch(site) };
  };
  const [first, second] = sites;
  const nodes = await Promise.all([node(first, second), node(second, first)]);
  for (const { keepalived } of nodes) keepalived.start();
  await untilServed(phone);
  const inTurn = async (): Promise<[Node, Node]> => {
    const [a, b] = nodes;
    return (await a.keepalived.holdsAddress()) ? [a, b] : [b, a];
  };
  return { nodes, branch, phone, inTurn };
}

/** Milliseconds until the address answers a telephone. */
async function untilServed(phone: Machine): Promise<number> {
  const began = performance.now();
  const ask = ['-sf', '-m', '1', '-r', '0-99', '-o', '/dev/null', `http://${shared}/firmware.bin`];
  while ((await phone.run('curl', ...ask)).status !== 0) await sleep(50);
  return performance.now() - began;
}

const holders = async (nodes: readonly Node[]): Promise<number> =>
  (await Promise.all(nodes.map(({ keepalived }) => keepalived.holdsAddress()))).filter(Boolean)
    .length;

const dataOf = ({ site }: Node, ...names: string[]): string =>
  path.join(site.folder, 'data', ...names);

const digestAt = (file: string): Promise<string> =>
  readFile(file).then(sha256, () => 'it is not there');

it.skipIf(!able)(
  'keeps its address, its telephones and what they saved when one of two servers dies, and when it comes back (root, curl, ip, keepalived, bash)',
  async ({ annotate }) => {
    const firmware = randomBytes(16_000_000);
    const { nodes, phone, inTurn } = await pairWithPhone(firmware);
    const [active, standby] = await inTurn();
    expect(await holders(nodes)).toBe(1);
    const there = await tempFolder();
    const file = async (name: string, bytes: Buffer): Promise<string> => {
      await writeFile(path.join(there, name), bytes);
      return path.join(there, name);
    };
    const got = path.join(there, 'firmware.bin');
    const url = `http://${shared}/firmware.bin`;
    const backups = [
      [`http://${shared}/4711_96xxdata.txt`, await file('first', randomBytes(40_000))],
      [`ftp://${shared}/4711_4620data.txt`, await file('by ftp', randomBytes(9_000))],
    ] as const;

    // In mid-download, in mid-upload, and right behind two acknowledgements.
    // Sixteen seconds: whatever the machine does, it is cut.
    // One that had read all that was on its way hears nothing any more: a telephone gives up, too.
    const slowly = ['-sf', '--limit-rate', '1M', '--speed-limit', '1', '--speed-time', '5'];
    const download = phone.run('curl', ...slowly, '-o', got, url);
    const large = await file('large', firmware);
    const upload = phone.run('curl', ...slowly, '-T', large, `http://${shared}/4712_96xxdata.txt`);
    await expect
      .poll(async () => (await stat(got).catch(() => ({ size: 0 }))).size)
      .toBeGreaterThan(500_000);
    for (const [where, saved] of backups)
      expect((await phone.run('curl', '-sf', '-T', saved, where)).status).toBe(0);
    await active.server.kill();
    const away = await untilServed(phone);
    await annotate(`${Math.round(away)} ms after a kill`, 'fail-over');
    expect(away).toBeLessThan(boundMs);
    expect((await download).status).not.toBe(0);
    expect((await upload).status).not.toBe(0);
    expect(await standby.keepalived.holdsAddress()).toBe(true);
    // What was acknowledged is there, at the same address; nothing of what was not.
    for (const [where, saved] of backups) {
      const back = path.join(there, 'back');
      expect((await phone.run('curl', '-sf', '-o', back, where)).status).toBe(0);
      expect(await digestAt(back)).toBe(await digestAt(saved));
    }
    await expect(stat(dataOf(standby, 'HTTPbackup', '4712_96xxdata.txt'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    // The telephone asks again, for the rest; and saves again.
    expect((await phone.run('curl', '-sf', '-C', '-', '-o', got, url)).status).toBe(0);
    expect(await digestAt(got)).toBe(sha256(firmware));
    const again = `http://${shared}/4712_96xxdata.txt`;
    expect((await phone.run('curl', '-sf', '-T', large, again)).status).toBe(0);

    // It comes back while a telephone is fetching: nothing moves, and it gets what it has missed.
    const during = phone.run('curl', '-sf', '--limit-rate', '4M', '-o', got, url);
    active.server = await launch(active.site);
    expect((await during).status).toBe(0);
    expect(await active.keepalived.holdsAddress()).toBe(false);
    expect(await holders(nodes)).toBe(1);
    await expect
      .poll(() => digestAt(dataOf(active, 'HTTPbackup', '4712_96xxdata.txt')))
      .toBe(sha256(firmware));

    // A cable is pulled: the other one serves; it is put in again: one of them has the address.
    await standby.site.machine.cable('down');
    const cut = await untilServed(phone);
    await annotate(`${Math.round(cut)} ms after a cable was pulled`, 'fail-over');
    expect(cut).toBeLessThan(boundMs);
    await standby.site.machine.cable('up');
    await expect.poll(() => holders(nodes)).toBe(1);
    await untilServed(phone);
  },
);

it.skipIf(!able)(
  'holds the same at both: what administrators place, both versions of a split, and each record once over a kill (root, curl, ip, keepalived, bash)',
  async ({ annotate }) => {
    const { nodes, branch, phone, inTurn } = await pairWithPhone(randomBytes(1_000));
    const [active, standby] = await inTurn();

    // An update at one, a file by hand at the other.
    const [update, byHand] = [randomBytes(50_000), randomBytes(3_000)];
    const zip = new AdmZip();
    zip.addFile('46xx-next.bin', update);
    await place(dataOf(standby, 'Updates'), 'release.zip', zip.toBuffer());
    await place(dataOf(active, 'HTTPdata'), 'by-hand.txt', byHand);
    for (const node of nodes) {
      await expect
        .poll(() => digestAt(dataOf(node, 'TFTPdata', '46xx-next.bin')))
        .toBe(sha256(update));
      await expect
        .poll(() => digestAt(dataOf(node, 'HTTPdata', 'by-hand.txt')))
        .toBe(sha256(byHand));
    }

    // Killed while it delivers: each record comes to the collector once.
    const names = Array.from({ length: 60 }, (_, n) => `S000000-0001-261127-10_${10 + n}`);
    for (const name of names)
      await place(path.join(branch.folder, 'data', 'CDRdata'), name, `record ${name}`);
    const collected = async (): Promise<string[]> => {
      const found = await Promise.all(
        nodes.map((node) => readdir(dataOf(node, 'CDRdata')).catch(() => [])),
      );
      return found
        .flat()
        .filter((name) => !name.startsWith('.'))
        .toSorted();
    };
    await launch(branch);
    const sending = on(branch, 'sync', 'cdr').catch(() => '');
    while ((await collected()).length === 0) await sleep(5);
    await active.server.kill();
    await sending;
    active.server = await launch(active.site);
    await expect.poll(collected).toEqual(names);

    // Both are at work and do not reach each other; the later save of a name wins, the other one stays a version.
    const base = '4713_96xxdata.txt';
    const [earlier, later] = [randomBytes(2_000), randomBytes(2_000)];
    for (const { site } of nodes) await site.machine.isolated('on');
    await expect.poll(() => holders(nodes)).toBe(2);
    const there = await tempFolder();
    for (const [at, bytes] of [earlier, later].entries()) {
      const sent = path.join(there, String(at));
      await writeFile(sent, bytes);
      const where = `http://${nodes[at]?.site.machine.address ?? ''}/${base}`;
      expect((await phone.run('curl', '-sf', '-T', sent, where)).status).toBe(0);
    }
    // The telephone looks for the address at the one that will let go of it.
    const loser = nodes[0].site.machine;
    const mac = (await loser.run('cat', '/sys/class/net/eth0/address')).stdout.toString().trim();
    const entry = [shared, 'lladdr', mac, 'dev', 'eth0', 'nud', 'reachable'];
    expect((await phone.run('ip', 'neigh', 'replace', ...entry)).status).toBe(0);
    for (const { site } of nodes) await site.machine.isolated('off');
    await expect.poll(() => holders(nodes)).toBe(1);
    const healing = await untilServed(phone);
    await annotate(`${Math.round(healing)} ms after a split`, 'fail-over');
    expect(healing).toBeLessThan(boundMs);
    const both = new Set([sha256(earlier), sha256(later)]);
    for (const node of nodes) {
      await expect
        .poll(() => heldVersions(dataOf(node, 'HTTPbackup'), base))
        .toEqual({ current: sha256(later), all: both });
    }
    expect(await collected()).toEqual(names);
  },
);

/** Whole, as a copy ends up. */
async function place(folder: string, name: string, bytes: Buffer | string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const beside = path.join(path.dirname(folder), `.${name}`);
  await writeFile(beside, bytes);
  await rename(beside, path.join(folder, name));
}
