import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { defaultLimits } from '#libs/archive';
import { Journal, PublicationsTable, UpdateDraftsTable, UpdatesTable } from '#libs/journal';
import type { Clock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import {
  Placement,
  TreePublisher,
  UpdateDesk,
  UpdateDrafts,
  Updates,
  type DraftLimits,
  type TreeFolders,
  type UpdateAct,
} from '#libs/sync';
import { tempFolder } from './temp-folder.ts';

export interface DeskRig {
  readonly folder: string;
  readonly updatesFolder: string;
  readonly trees: TreeFolders;
  readonly updates: Updates;
  readonly drafts: UpdateDrafts;
  readonly desk: UpdateDesk;
  readonly publisher: TreePublisher;
  readonly acts: UpdateAct[];
  /** Bring what is published to the trees, as the server does by itself. */
  publishHere(name: string): Promise<void>;
  upload(name: string, bytes: Buffer | string): ReturnType<UpdateDesk['upload']>;
  /** Everything below Updates, files only. */
  inUpdates(): Promise<string[]>;
  /** The process after a crash, over the same disk and journal. */
  again(): UpdateDrafts;
}

export interface DeskRigOptions {
  readonly folder?: string;
  readonly limits?: Partial<DraftLimits>;
  readonly maxBytes?: number;
  readonly reserveBytes?: number;
  readonly clock?: Clock;
  readonly pulls?: boolean;
}

/** An update desk of a server with telephones, everything real around it. */
export async function deskRig(options: DeskRigOptions = {}): Promise<DeskRig> {
  const folder = options.folder ?? (await tempFolder());
  const { clock = { now: () => Date.now() } } = options;
  const trees: TreeFolders = {
    TFTP: path.join(folder, 'TFTPdata'),
    FTP: path.join(folder, 'FTPdata'),
    HTTP: path.join(folder, 'HTTPdata'),
    HTTPS: path.join(folder, 'HTTPSdata'),
  };
  const updatesFolder = path.join(folder, 'Updates');
  const journal = new Journal(':memory:');
  const log = silentLogger();
  const updates = new Updates({
    folder: updatesFolder,
    table: new UpdatesTable(journal),
    clock,
    log,
    onChange: () => undefined,
  });
  const makeDrafts = (): UpdateDrafts =>
    new UpdateDrafts({
      folder: updatesFolder,
      table: new UpdateDraftsTable(journal),
      maxBytes: options.maxBytes ?? defaultLimits.archiveBytes,
      reserveBytes: options.reserveBytes ?? 0,
      clock,
      log,
      limits: options.limits ?? {},
    });
  const patterns46xx = ['46xx*', '*.scr'];
  const publisher = new TreePublisher({
    ...{ trees, placement: new Placement(patterns46xx), limits: defaultLimits },
    publications: new PublicationsTable(journal),
    ...{ reserveBytes: 0, keepPrevious: 2, clock, log },
  });
  await publisher.recover();
  const acts: UpdateAct[] = [];
  const drafts = makeDrafts();
  const desk = new UpdateDesk({
    ...{ updates, drafts, publisher, store: undefined, pulls: options.pulls ?? false },
    look: { limits: defaultLimits, patterns46xx, trees },
    onAct: (act) => {
      acts.push(act);
      return Promise.resolve();
    },
  });
  await drafts.start();
  onTestFinished(async () => {
    await desk.stop();
    await drafts.stop();
    journal.close();
  });
  return {
    ...{ folder, updatesFolder, trees, updates, drafts, desk, publisher, acts },
    publishHere: async (name) => {
      const sha256 = updates.find(name)?.sha256 ?? '';
      const silent = { at: () => undefined, ended: () => undefined };
      const update = { name, sha256, file: updates.pathOf(name) };
      await publisher.publish(update, silent, new AbortController().signal);
    },
    upload: (name, bytes) => {
      const body = Buffer.from(bytes);
      return desk.upload({ name, by: 'ada', size: body.length, body: pieces(body) });
    },
    inUpdates: async () => {
      const entries = await readdir(updatesFolder, { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(updatesFolder, path.join(entry.parentPath, entry.name)))
        .toSorted();
    },
    again: makeDrafts,
  };
}

/** As a socket gives them. */
export async function* pieces(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}
