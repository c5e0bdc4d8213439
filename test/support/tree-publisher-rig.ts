import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { onTestFinished } from 'vitest';
import { defaultLimits } from '#libs/archive';
import { Journal, PublicationsTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import {
  Placement,
  TreePublisher,
  type Publishable,
  type RollBackPlan,
  type TreeFolders,
} from '#libs/sync';
import { tempFolder } from './temp-folder.ts';

/** A tree publisher with everything real around it. */
export interface PublisherRig {
  readonly folder: string;
  readonly trees: TreeFolders;
  readonly publications: PublicationsTable;
  readonly publisher: TreePublisher;
  /** A second publisher over the same folders and journal: the process after the crash. */
  again(): TreePublisher;
  readonly zip: (name: string, members: Readonly<Record<string, string>>) => Promise<Publishable>;
  readonly plain: (name: string, bytes: string) => Promise<Publishable>;
  readonly publish: (update: Publishable) => Promise<void>;
  readonly rollBack: (name: string) => Promise<RollBackPlan>;
  /** Every visible file of all trees with its bytes, as `HTTP:name`. */
  readonly visible: () => Promise<Record<string, string>>;
  /** Everything that Branchline keeps for itself inside the trees. */
  readonly internal: () => Promise<string[]>;
}

export const quiet = { at: () => undefined, ended: () => undefined };

export async function publisherRig(): Promise<PublisherRig> {
  const folder = await tempFolder();
  const trees: TreeFolders = {
    TFTP: path.join(folder, 'TFTPdata'),
    FTP: path.join(folder, 'FTPdata'),
    HTTP: path.join(folder, 'HTTPdata'),
    HTTPS: path.join(folder, 'HTTPSdata'),
  };
  const updates = path.join(folder, 'Updates');
  await mkdir(updates);
  const journal = new Journal(path.join(folder, 'branchline.db'));
  onTestFinished(() => {
    journal.close();
  });
  const publications = new PublicationsTable(journal);
  const make = (): TreePublisher =>
    new TreePublisher({
      trees,
      placement: new Placement(['46xx*', '*.scr']),
      publications,
      limits: defaultLimits,
      reserveBytes: 0,
      keepPrevious: 2,
      clock: systemClock,
      log: silentLogger(),
    });
  const publisher = make();
  await publisher.recover();
  const put = async (name: string, bytes: Buffer): Promise<Publishable> => {
    const file = path.join(updates, name);
    await writeFile(file, bytes);
    return { name, file, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return {
    folder,
    trees,
    publications,
    publisher,
    again: make,
    zip: (name, members) => {
      const zip = new AdmZip();
      for (const [member, text] of Object.entries(members)) zip.addFile(member, Buffer.from(text));
      // The same members are the same bytes, however long it took to get here.
      for (const entry of zip.getEntries()) entry.header.time = new Date(2026, 0, 1);
      return put(name, zip.toBuffer());
    },
    plain: (name, bytes) => put(name, Buffer.from(bytes)),
    publish: (update) => publisher.publish(update, quiet, new AbortController().signal),
    rollBack: (name) => publisher.rollBack(name, () => Promise.resolve()),
    visible: async () => {
      const found: [string, string][] = [];
      for (const [tree, root] of Object.entries(trees)) {
        for (const name of await filesIn(root)) {
          if (!name.startsWith('.branchline'))
            found.push([`${tree}:${name}`, await readFile(path.join(root, name), 'utf8')]);
        }
      }
      return Object.fromEntries(found.toSorted(([a], [b]) => a.localeCompare(b)));
    },
    internal: async () => {
      const all = await Promise.all(
        Object.entries(trees).map(async ([tree, root]) =>
          (await filesIn(root))
            .filter((name) => name.startsWith('.branchline'))
            .map((name) => `${tree}:${name}`),
        ),
      );
      return all.flat().toSorted();
    },
  };
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}
