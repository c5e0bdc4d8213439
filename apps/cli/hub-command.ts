import path from 'node:path';
import { Command } from 'commander';
import { BranchlineError } from '#libs/errors';
import { makeFolder } from '#libs/files';
import { createToken, encodeJoinString, requireBranchName } from '#libs/identity';
import { Journal, SqliteHubState } from '#libs/journal';
import { SingleInstance, systemClock } from '#libs/lifecycle';
import { branchView } from '../server/branch-view.ts';
import { loadPlan } from '../server/compose.ts';
import { openHubFolders, type HubFolders } from '../server/hub-folders.ts';
import type { HubPlan, ServerPlan } from '../server/server-plan.ts';
import { configOption } from './config-option.ts';
import { changeSettings, startingSettings } from './settings-file.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function hubCommand(): Command {
  return new Command('hub')
    .description('what a hub does for its branches')
    .addCommand(initCommand())
    .addCommand(inviteCommand())
    .addCommand(branchesCommand())
    .addCommand(revokeCommand())
    .addCommand(recoverCommand());
}

function initCommand(): Command {
  return new Command('init')
    .description('make this server a hub: its authority, its signing keys, its settings')
    .addOption(configOption())
    .option('--name <host>', 'host name or IP address under which branches reach this hub')
    .addHelpText('after', '\nExample: branchline hub init --config hub.ini --name hub.example.com')
    .action(async ({ config, name }: Options & { name?: string }) => {
      await startingSettings(config);
      await changeSettings(
        config,
        {
          'BACKUP_SERVERS/FileServer': '1',
          ...(name !== undefined && { 'HUB/HubName': name }),
        },
        'hub init',
      );
      const { plan, folders } = await openHub(config);
      process.stdout.write(
        `this server is the hub ${folders.authority.hubId}\n` +
          `updates go into ${plan.folders.updates}\n` +
          `next: branchline serve --config ${config}, then branchline hub invite NAME --config ${config}\n`,
      );
    });
}

function inviteCommand(): Command {
  return new Command('invite')
    .description('print the one line with which a branch joins this hub; good once')
    .argument('<name>', 'name of the branch, such as lisbon')
    .addOption(configOption())
    .option('--address <host>', 'address of this hub as that branch sees it, if not HubName')
    .option('--json', 'print it as JSON, with its expiry')
    .addHelpText(
      'after',
      '\nExample: branchline hub invite lisbon --config /etc/branchline/MV_IPTel.ini',
    )
    .action(async (name: string, { config, json, address }: Options & { address?: string }) => {
      const branch = requireBranchName(name);
      const { plan, hub, folders } = await openHub(config);
      const now = systemClock.now();
      const expiresAt = now + hub.invitationMs;
      const { token, tokenHash } = createToken();
      await withState(plan, async (state) => {
        await state.addInvitation({ tokenHash, branch, createdAt: now, expiresAt });
      });
      const { hubId, pin } = folders.authority;
      const host = address ?? hub.address;
      const joinString = encodeJoinString({
        host,
        joinPort: hub.joinPort,
        hubPort: hub.hubPort,
        branch,
        token,
        pin,
        hubId,
      });
      const expires = new Date(expiresAt).toISOString();
      if (json === true)
        process.stdout.write(`${JSON.stringify({ branch, host, joinString, expires })}\n`);
      else {
        process.stdout.write(`${joinString}\n`);
        process.stderr.write(
          `good once, until ${expires}; at ${branch}: branchline join STRING --config FILE\n`,
        );
      }
    });
}

function branchesCommand(): Command {
  return new Command('branches')
    .description('every branch of this hub: how it is, when it was seen')
    .addOption(configOption())
    .option('--json', 'print them as JSON')
    .action(async ({ config, json }: Options) => {
      const { plan, folders } = await openHub(config);
      const now = systemClock.now();
      const branches = await withState(plan, (state) => state.branches());
      const views = branches.map((branch) => branchView(branch, folders.release.version, now));
      if (json === true) process.stdout.write(`${JSON.stringify(views)}\n`);
      else if (views.length === 0) process.stdout.write('no branch has joined yet\n');
      else {
        const rows = views.map((view) => [
          view.name,
          view.state,
          view.lastSeenAt ?? '–',
          `${view.releaseVersion ?? '–'}`,
          `${view.certificateDaysLeft ?? '–'}`,
          view.lastError?.sentence ?? '',
        ]);
        const head = ['branch', 'state', 'last seen', 'release', 'certificate days', 'last error'];
        process.stdout.write(`${table(head, rows).join('\n')}\n`);
      }
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('lock a branch out; a running hub cuts its connections within a second')
    .argument('<name>', 'name of the branch')
    .addOption(configOption())
    .action(async (name: string, { config }: Options) => {
      const { plan } = await openHub(config);
      await withState(plan, (state) => state.revoke(name, systemClock.now()));
      process.stdout.write(`${name} is locked out; a new invitation takes it back\n`);
    });
}

function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'after this hub was restored from a backup: let branches that know newer releases follow it again',
    )
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nStop the server first. Makes new timestamp and snapshot keys, signed by the root key.\n' +
        'Example: branchline hub recover --config /etc/branchline/MV_IPTel.ini',
    )
    .action(async ({ config }: Options) => {
      const { plan, folders } = await openHub(config);
      // A running server keeps what it has signed in memory, and would sign on with the old keys.
      const alone = new SingleInstance(plan.folders.state);
      await alone.start();
      try {
        await folders.release.replaceOnlineKeys();
      } finally {
        await alone.stop();
      }
      process.stdout.write(
        `this hub signs with new keys; start the server: branchline serve --config ${config}\n`,
      );
    });
}

async function openHub(
  config: string,
): Promise<{ plan: ServerPlan; hub: HubPlan; folders: HubFolders }> {
  const plan = await loadPlan(config);
  if (plan.hub === undefined) {
    throw new BranchlineError(
      'SETTINGS_INVALID',
      `${config} is not the settings of a hub: FileServer is 0; \`branchline hub init --config ${config}\` makes it one`,
    );
  }
  return { plan, hub: plan.hub, folders: await openHubFolders(plan.folders, systemClock) };
}

async function withState<T>(
  plan: ServerPlan,
  work: (state: SqliteHubState) => Promise<T>,
): Promise<T> {
  await makeFolder(plan.folders.state, 0o750);
  const journal = new Journal(path.join(plan.folders.state, 'branchline.db'));
  try {
    return await work(new SqliteHubState(journal));
  } finally {
    journal.close();
  }
}
