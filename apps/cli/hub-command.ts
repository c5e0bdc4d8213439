import { Command } from 'commander';
import { SingleInstance, systemClock } from '#libs/lifecycle';
import { withHubState } from '../joining/hub-state.ts';
import { invite } from '../joining/invite.ts';
import { makeHub, openHub } from '../joining/make-hub.ts';
import { branchView } from '../server/branch-view.ts';
import { serverUserFirst } from './as-server-user.ts';
import { operator } from './audited.ts';
import { configOption } from './config-option.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function hubCommand(): Command {
  return new Command('hub')
    .description('what a hub does for its branches')
    .hook('preAction', serverUserFirst)
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
      const act = { by: operator(), why: 'hub init' };
      const { plan, folders } = await makeHub(config, name, act);
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
      const hub = await openHub(config);
      const { branch, host, joinString, expiresAt } = await invite(hub, { name, address });
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
      const branches = await withHubState(plan, (state) => state.branches());
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
      await withHubState(plan, (state) => state.revoke(name, systemClock.now()));
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
