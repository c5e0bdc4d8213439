import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { LaunchedServer } from '../support/launched-server.ts';
import { avayaTree, knownFiles, otherTree } from '../support/phones/branch-tree.ts';
import type { FileServers } from '../support/phones/file-request.ts';
import { flyingvoice } from '../support/phones/flyingvoice.ts';
import type { PhoneKind } from '../support/phones/phone-kind.ts';
import { layOut, phoneBranch, type PhoneBranch } from '../support/phones/phone-branch.ts';
import { branchOfPhones, phoneKinds, type Desk } from '../support/phones/phone-kinds.ts';
import { StartingPhone } from '../support/phones/starting-phone.ts';

const desks = branchOfPhones(2 * phoneKinds.length);
const tree = { ...avayaTree(), ...otherTree(desks) };
const known = knownFiles(tree);

let root = '';
let branch: PhoneBranch;
let server: LaunchedServer;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'branchline-phones-'));
  branch = await phoneBranch(root, 'lisbon');
  await layOut(branch.site, tree);
  server = await LaunchedServer.launch(branch.site.config);
});

afterAll(async () => {
  await server.kill();
  await rm(root, { recursive: true, force: true });
});

async function start(desk: Desk | undefined, servers: FileServers): Promise<StartingPhone> {
  if (desk === undefined) throw new Error('there is no such desk');
  const phone = new StartingPhone(desk.self, servers, known);
  onTestFinished(() => {
    phone.hangUp();
  });
  await desk.kind.start(phone);
  return phone;
}

const requests = ({ asked }: StartingPhone): string[] =>
  asked.map(({ protocol, verb, name, status }) => `${protocol} ${verb} ${name} ${status}`);

const byName = phoneKinds.map((kind) => [kind.name, kind] as const);

const ofKind = (kind: PhoneKind): Desk[] => desks.filter((desk) => desk.kind === kind);

it.each(byName)(
  'a telephone starts, loads its firmware, starts again and has its settings: %s',
  async (_, kind) => {
    const phone = await start(ofKind(kind)[0], branch.servers);
    expect(requests(phone)).toMatchSnapshot();
    const firmware = phone.firmware;
    const before = phone.asked.length;
    await kind.start(phone);
    const again = phone.asked.slice(before).map(({ name }) => name);
    expect(firmware === '' || !again.includes(firmware)).toBe(true);
    expect(again.length).toBeGreaterThan(0);
  },
);

// A Flyingvoice rule is one URL.
it.each(byName.filter(([, kind]) => kind !== flyingvoice))(
  'a telephone starts where there is neither TLS nor the first of the plain ports: %s',
  async (_, kind) => {
    const closed = await freeTcpPort();
    const { tftp, http, ftp } = branch.servers;
    const last = http[1] ?? 0;
    const fallback = { ...branch.servers, https: [closed], http: [closed, last], cisco: closed };
    const { asked } = await start(ofKind(kind)[1], fallback);
    expect(
      asked.map(({ port }) => port).filter((port) => ![last, tftp, ftp].includes(port)),
    ).toEqual([]);
  },
);
