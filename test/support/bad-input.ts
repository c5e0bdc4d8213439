import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Garbage, plantedSecret } from './garbage.ts';
import { LaunchedServer, type LogLine } from './launched-server.ts';
import { avayaTree, knownFiles, otherTree } from './phones/branch-tree.ts';
import { layOut, onlyDownloads, phoneBranch } from './phones/phone-branch.ts';
import { branchOfPhones } from './phones/phone-kinds.ts';
import { StartingPhone } from './phones/starting-phone.ts';

export interface BadInputReport {
  /** Connections and datagrams of nonsense. */
  readonly sent: number;
  /** Idle connections that were held meanwhile. */
  readonly held: number;
  /** Starts of telephones that were done meanwhile, and what went wrong with others. */
  readonly starts: number;
  readonly failures: readonly string[];
  /** Resident memory of the server in MiB, before, and after all had hung up. */
  readonly before: number;
  readonly after: number;
  readonly lines: readonly LogLine[];
  /** Lines that hold the planted secret, as they were written. */
  readonly leaks: readonly string[];
  /** Refusals in the log without a reason. */
  readonly unexplained: readonly LogLine[];
  /** Its exit code at SIGTERM. */
  readonly exit: number | null;
}

const refusals = new Set([
  'unreadable request',
  'TLS handshake failed',
  'file refused',
  'malformed datagram',
  'ftp TLS handshake failed',
  'ftp command refused',
  'ftp log-in refused',
  'ftp session cut',
]);

/** Nonsense on every port of one server for `ms`, over a thousand idle connections, while telephones start one after the other. */
export async function badInput(folder: string, ms: number, idle = 1000): Promise<BadInputReport> {
  const secrets = ['[FTP]', 'EnableSU=1', `SUPassword=${plantedSecret}-of-the-super-user`];
  const { site, servers } = await phoneBranch(folder, 'lisbon', secrets);
  const desks = branchOfPhones(17);
  const tree = { ...avayaTree({ firmwareBytes: 20_000 }), ...otherTree(desks) };
  await layOut(site, tree);
  const known = knownFiles(tree);
  const server = await LaunchedServer.launch(site.config);
  const garbage = new Garbage(servers);
  const failures: string[] = [];
  let starts = 0;
  const startOne = async (index: number): Promise<void> => {
    const desk = desks[index % desks.length];
    if (desk === undefined) return;
    const phone = new StartingPhone(desk.self, onlyDownloads(servers), known);
    try {
      await desk.kind.start(phone);
      starts += 1;
    } catch (error) {
      failures.push(`${desk.kind.name}: ${String(error)}`);
    } finally {
      phone.hangUp();
    }
  };
  for (let n = 0; n < desks.length; n += 1) await startOne(n);
  const before = await residentMiB(server.pid);
  const held = await garbage.hold(idle);
  garbage.start();
  const until = performance.now() + ms;
  for (let n = 0; performance.now() < until; n += 1) await startOne(n);
  garbage.stop();
  let after = await residentMiB(server.pid);
  for (let n = 0; n < 20 && after > before + 60; n += 1) {
    await startOne(n);
    await sleep(200);
    after = await residentMiB(server.pid);
  }
  const exit = await server.stop();
  const { lines } = server;
  const leaks = lines.map((line) => JSON.stringify(line)).filter((text) => leaked(text));
  const unexplained = lines.filter(
    (line) =>
      (refusals.has(String(line['msg'])) || line['outcome'] === 'refused') &&
      !('reason' in line) &&
      !('code' in line),
  );
  return {
    sent: garbage.sent,
    held,
    starts,
    failures,
    before,
    after,
    lines,
    leaks,
    unexplained,
    exit,
  };
}

const leaked = (text: string): boolean =>
  text.includes(plantedSecret) ||
  text.includes(Buffer.from(`10.0.0.1:${plantedSecret}`).toString('base64'));

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
