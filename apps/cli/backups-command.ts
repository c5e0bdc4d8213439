import { stat } from 'node:fs/promises';
import { Argument, Command, Option } from 'commander';
import { RememberedPasswords, type BackupStore } from '#libs/backups';
import { BranchlineError } from '#libs/errors';
import { hashFile } from '#libs/files';
import { shelfNames, shelfOf, type ShelfName } from '../server/backup-shelves.ts';
import { loadPlan } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { passwordKeyFile } from '../server/upload-part.ts';
import { auditCli } from './audited.ts';
import { configOption } from './config-option.ts';
import { listOfBranches, restoreOfBranch, showOfBranches } from './branch-backups.ts';
import { printRows } from './print-rows.ts';

interface Options {
  readonly config: string;
  readonly from: ShelfName;
  readonly json?: boolean;
  readonly branch?: string;
}

interface ListOptions extends Options {
  readonly limit: string;
  readonly after?: string;
}

/** `branchline backups …`: beside a running server as well as without one. */
export function backupsCommand(): Command {
  return new Command('backups')
    .description(
      'what telephones have saved here, or at a hub in its branches, and its earlier versions',
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(restoreCommand())
    .addCommand(forgetCommand());
}

const fromOption = (): Option =>
  new Option('--from <store>', 'saved by HTTP or HTTPS, by FTP, or by devices of other makers')
    .choices(shelfNames)
    .default('http');
const branchOption = (): Option =>
  new Option('--branch <name>', 'at a hub: what this branch has sent up; * for all branches');
const jsonOption = (): Option => new Option('--json', 'for programs');
const nameArgument = (): Argument =>
  new Argument('<name>', 'name of the file, such as 2001_96xxdata.txt');

function listCommand(): Command {
  return new Command('list')
    .description('the names that were saved, removed ones included')
    .addOption(fromOption())
    .addOption(branchOption())
    .option('--limit <count>', 'names at most', '1000')
    .option('--after <name>', 'begin behind this name')
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async ({ config, from, json, limit, after, branch }: ListOptions) => {
      const most = /^[1-9]\d{0,5}$/.test(limit) ? Number(limit) : undefined;
      if (most === undefined) {
        throw new BranchlineError('USAGE', `--limit needs a whole number from 1, not "${limit}"`);
      }
      if (branch !== undefined) {
        await listOfBranches({ config, branch, json }, most, after);
        return;
      }
      const { store } = await openStore(config, from);
      const listed = await store.list(most, {
        removed: true,
        ...(after !== undefined && { after }),
      });
      const rows = [];
      for (const { name, size, created } of listed) {
        const versions = (await store.versions(name)).length;
        rows.push({ name, size: size ?? null, savedAt: timeOf(created), versions });
      }
      printRows(json, rows, ['name', 'bytes', 'saved', 'earlier versions'], (row) => [
        row.name,
        row.size === null ? 'removed' : `${row.size}`,
        row.savedAt ?? '–',
        `${row.versions}`,
      ]);
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('the earlier versions of one name, newest first')
    .addArgument(nameArgument())
    .addOption(fromOption())
    .addOption(branchOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (name: string, { config, from, json, branch }: Options) => {
      if (branch !== undefined) {
        await showOfBranches({ config, branch, json }, name);
        return;
      }
      const { store } = await openStore(config, from);
      const rows = [];
      for (const { version, size, created } of await store.versions(name)) {
        const { sha256 } = await hashFile(await store.pathOf(name, version));
        rows.push({ version, size, savedAt: timeOf(created), sha256 });
      }
      printRows(json, rows, ['version', 'bytes', 'saved', 'sha256'], (row) => [
        row.version,
        `${row.size}`,
        row.savedAt ?? '–',
        row.sha256,
      ]);
    });
}

function restoreCommand(): Command {
  return new Command('restore')
    .description('make an earlier version the current one again; the current one becomes a version')
    .addArgument(nameArgument())
    .argument('<version>', 'as `show` names it')
    .addOption(fromOption())
    .addOption(branchOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (name: string, version: string, options: Options) => {
      const { config, from, json, branch } = options;
      if (branch !== undefined) {
        await restoreOfBranch({ config, branch, json }, name, version);
        return;
      }
      const { plan, store } = await openStore(config, from);
      await store.prepare('keep');
      const { size, sha256 } = await store.restore(name, version);
      await auditCli(plan, [{ act: 'restored', kind: 'backup', name, size, sha256 }]);
      process.stdout.write(
        json === true
          ? `${JSON.stringify({ name, version, size, sha256 })}\n`
          : `${name} is what it was in ${version}: ${size} bytes\n`,
      );
    });
}

function forgetCommand(): Command {
  return new Command('forget-password')
    .description('believe the next password that an extension shows over HTTPS')
    .argument('<extension>', 'the extension')
    .addOption(configOption())
    .action(async (extension: string, { config }: Options) => {
      const { plan, folder } = await openStore(config, 'http');
      const known = await new RememberedPasswords(folder, passwordKeyFile(plan)).forget(extension);
      if (!known) {
        throw new BranchlineError('NOT_FOUND', `no password of ${extension} is remembered`);
      }
      process.stdout.write(`the next password that ${extension} shows is remembered\n`);
    });
}

async function openStore(
  config: string,
  from: Options['from'],
): Promise<{ plan: ServerPlan; store: BackupStore; folder: string }> {
  const plan = await loadPlan(config);
  const { folder, store } = storeOf(plan, from, config);
  await asOwnerOf(folder);
  return { plan, store, folder };
}

function storeOf(
  plan: ServerPlan,
  from: ShelfName,
  config: string,
): { folder: string; store: BackupStore } {
  const shelf = shelfOf(plan, from);
  if (shelf !== undefined) return shelf;
  const key = from === 'http' ? 'HTTPBackup is 0' : 'UploadNames is empty';
  throw new BranchlineError('SETTINGS_INVALID', `nothing is saved here: in ${config} ${key}`);
}

/** What root restores must stay readable for the server. */
async function asOwnerOf(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = await stat(folder).catch(() => undefined);
  if (owner === undefined || owner.uid === 0) return;
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
}

const timeOf = (created: number | undefined): string | null =>
  created === undefined ? null : new Date(created).toISOString();
