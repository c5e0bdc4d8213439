import { Command } from 'commander';
import { BranchlineError, systemCode } from '#libs/errors';
import { requireBranchName } from '#libs/identity';
import { systemClock, withRetry, type Backoff } from '#libs/lifecycle';
import { joinHub, type JoinedHub } from '#libs/link';
import { TrustedRelease } from '#libs/release';
import type { PeerName } from '#libs/sync';
import { identityFolder, peerHubFolder, trustedFolder } from '../server/branch-part.ts';
import { loadPlan, proxyOf } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { changeSettings, startingSettings } from './settings-file.ts';
import { version } from './version.ts';

const keys: Readonly<Record<PeerName, { use: string; address: string }>> = {
  primary: { use: 'BACKUP_SERVERS/UsePrimarySvr', address: 'BACKUP_SERVERS/PrimaryIP' },
  secondary: { use: 'BACKUP_SERVERS/UseSecondarySvr', address: 'BACKUP_SERVERS/SecondaryIP' },
};

/** A hub opens its join port within half a second of the invitation: who is faster waits for it. */
const portOpening: Backoff = { tries: 5, firstMs: 150, maxMs: 1_000 };

/** Nobody has listened yet, so that the invitation cannot have been used. */
const isRefusedAtThePort = (error: unknown): boolean =>
  error instanceof BranchlineError && systemCode(error.cause) === 'ECONNREFUSED';

interface Options {
  readonly config: string;
  readonly secondary?: boolean;
  readonly peerHub?: string;
}

export function joinCommand(): Command {
  return new Command('join')
    .description('make this server a branch of the hub that printed the join string')
    .argument('<string>', 'the line that `branchline hub invite NAME` printed')
    .addOption(configOption())
    .option('--secondary', 'as its secondary, asked when the primary does not answer')
    .option(
      '--peer-hub <name>',
      'as the other hub of a pair, which joined this hub (or will) under that name',
    )
    .addHelpText(
      'after',
      `
Example: branchline join branchline-join-1.eyJ… --config /etc/branchline/MV_IPTel.ini

Exit status: 0 joined · 2 the string is not whole · 11 the hub cannot be reached · 12 the hub is another one, or the
             string was used or has expired`,
    )
    .action(async (text: string, { config, secondary, peerHub }: Options) => {
      if (peerHub !== undefined) {
        await joinPeerHub(text, config, peerHub);
        return;
      }
      const peer = secondary === true ? 'secondary' : 'primary';
      await startingSettings(config);
      const plan = await loadPlan(config);
      const { identity, root } = await joined(text, config);
      // The invitation is used up: first of all keep what it brought.
      await identityFolder(plan.folders, peer).save(identity);
      const trusted = await TrustedRelease.open(trustedFolder(plan.folders, peer), {
        clock: systemClock,
      });
      await trusted.trust(root);
      await changeSettings(
        config,
        {
          'BACKUP_SERVERS/RequestUpdates': '1',
          [keys[peer].use]: '1',
          [keys[peer].address]: `${identity.host}:${identity.hubPort}`,
        },
        `join ${identity.host}`,
      );
      process.stdout.write(
        `joined ${identity.host} as ${identity.branch} (${peer})\n` +
          `start or restart the server now: branchline serve --config ${config}\n`,
      );
    });
}

/** Towards the other hub of a pair: nothing is fetched from it but which records it has. */
async function joinPeerHub(text: string, config: string, name: string): Promise<void> {
  await startingSettings(config);
  const plan = await loadPlan(config);
  requireBranchName(name);
  const { identity } = await joined(text, config);
  await peerHubFolder(plan.folders).save(identity);
  const changes = { 'HUB/PeerHub': '1', 'HUB/PeerName': name };
  await changeSettings(config, changes, `join ${identity.host} as the other hub of a pair`);
  process.stdout.write(
    `joined ${identity.host} as ${identity.branch} (the other hub of a pair)\n` +
      `that hub has to join this one, too: branchline hub invite ${name} --config ${config}\n` +
      `start or restart the server then: branchline serve --config ${config}\n`,
  );
}

async function joined(text: string, config: string): Promise<JoinedHub> {
  const proxy = await proxyOf(config);
  return await withRetry(portOpening, isRefusedAtThePort, () => joinHub(text, { version, proxy }));
}
