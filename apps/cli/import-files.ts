import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { AccessList, isAccessListName } from '#libs/delivery';
import { asBranchlineError, BranchlineError } from '#libs/errors';
import {
  copyInto,
  fsyncFolder,
  giveTo,
  hashFile,
  ifThere,
  listTree,
  makeFolder,
  ownerOf,
  partialBeside,
  renameFile,
  safeName,
  type Owner,
} from '#libs/files';
import { loadSettings } from '#libs/settings';

/** What became of one folder of the old server. */
export interface ImportedTree {
  /** Its old name, such as HTTPdata. */
  readonly folder: string;
  readonly into: string;
  readonly copied: number;
  readonly bytes: number;
  /** Files that were here already, byte for byte. */
  readonly there: number;
  readonly left: readonly { readonly name: string; readonly why: string }[];
  /** For people: lines of access lists that say nothing. */
  readonly notes: readonly string[];
}

/** The old settings file in its folder: in `bin` (Guide, table 1, p. 19), or at the top. @throws BranchlineError USAGE. */
export async function findOldHome(home: string): Promise<string> {
  for (const folder of [path.join(home, 'bin'), home]) {
    const names = (await ifThere(readdir(folder))) ?? [];
    const found = names.find((name) => name.toLowerCase() === 'mv_iptel.ini');
    if (found !== undefined) return path.join(folder, found);
  }
  throw new BranchlineError(
    'USAGE',
    `${home} holds no MV_IPTel.ini, neither in bin nor beside it: name the folder that was installed, or the file`,
  );
}

/**
 * Bring the files of an old server's folder to where the new settings have them, each whole and with its time. Nothing
 * that is here is written over; nothing of the old folder is changed. May be called again.
 */
export async function importFiles(home: string, config: string): Promise<ImportedTree[]> {
  const { values } = await loadSettings(config, { env: process.env });
  const { server, tftp, http, https, ftp } = values;
  const places: readonly (readonly [string, string])[] = [
    ['TFTPdata', tftp.dir],
    ['HTTPdata', http.dir],
    ['HTTPSdata', https.dir],
    ['FTPdata', ftp.dir],
    ['Updates', server.updatesDir],
    ['Backup', server.backupDir],
    ['CDRdata', server.cdrDir],
    ['BCMSdata', server.bcmsDir],
    ['CDRBackup', server.cdrBackupDir],
    ['BCMSBackup', server.bcmsBackupDir],
    ['Scan', server.scanDir],
    ['certs', https.certFile === '' ? server.certDir : path.dirname(https.certFile)],
  ];
  const trees: ImportedTree[] = [];
  for (const [folder, into] of places) {
    const from = await findFolder(home, folder);
    if (from !== undefined) trees.push(await importTree(from, folder, into));
  }
  return trees;
}

/** `data/NAME` or `NAME`: the Guide has both; a copy from Windows may have changed the case. */
async function findFolder(home: string, name: string): Promise<string | undefined> {
  const below = async (folder: string, wanted: string): Promise<string | undefined> => {
    const entries = (await ifThere(readdir(folder, { withFileTypes: true }))) ?? [];
    const found = entries.find(
      (entry) => entry.isDirectory() && entry.name.toLowerCase() === wanted.toLowerCase(),
    );
    return found && path.join(folder, found.name);
  };
  const data = await below(home, 'data');
  return (data && (await below(data, name))) ?? (await below(home, name));
}

async function importTree(from: string, folder: string, into: string): Promise<ImportedTree> {
  const left: { name: string; why: string }[] = [];
  const notes: string[] = [];
  const counts = { copied: 0, bytes: 0, there: 0 };
  const owner = await ownerOf(into);
  for (const { name, size, modifiedMs } of await listTree(from)) {
    try {
      const target = path.join(into, safeName(name));
      if (await bring({ source: path.join(from, name), target, modifiedMs, owner, folder })) {
        counts.copied += 1;
        counts.bytes += size;
      } else counts.there += 1;
      if (isAccessListName(path.basename(name))) notes.push(...(await listNotes(target)));
    } catch (error) {
      left.push({ name, why: asBranchlineError(error).message });
    }
  }
  return { folder, into, ...counts, left, notes };
}

interface Brought {
  readonly source: string;
  readonly target: string;
  /** Backups are ordered by it. Unix milliseconds. */
  readonly modifiedMs: number;
  readonly owner: Owner;
  readonly folder: string;
}

/** False when it is here already. @throws BranchlineError FILE_CHANGED when another file has its name here. */
async function bring({ source, target, modifiedMs, owner, folder }: Brought): Promise<boolean> {
  const here = await ifThere(hashFile(target));
  if (here !== undefined) {
    if (here.sha256 === (await hashFile(source)).sha256) return false;
    throw new BranchlineError('FILE_CHANGED', 'another file of this name is here: it was kept');
  }
  const isSecret = folder === 'certs';
  const made = await makeFolder(path.dirname(target), isSecret ? 0o700 : 0o750);
  const partial = partialBeside(target);
  await copyInto(source, [partial]);
  const handle = await open(partial, 'r+');
  try {
    await handle.chmod(isSecret ? 0o600 : 0o640);
    await handle.utimes(modifiedMs / 1_000, modifiedMs / 1_000);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameFile(partial, target);
  await fsyncFolder(path.dirname(target));
  await giveTo(owner, [...made, path.dirname(target), target]);
  return true;
}

async function listNotes(file: string): Promise<string[]> {
  const list = AccessList.read(await readFile(file));
  if (list === undefined) return [`${file}: too many entries, nobody is let in by it`];
  return list.faults.map(
    ({ line, text, why }) => `${file}:${line}: ${JSON.stringify(text)} ${why}`,
  );
}
