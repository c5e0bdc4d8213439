import { Command } from 'commander';
import { requireBranchName } from '#libs/identity';
import { joinAsBranch, useInvitation } from '../joining/join-branch.ts';
import { peerHubFolder } from '../server/branch-part.ts';
import { loadPlan } from '../server/compose.ts';
import { serverUserFirst } from './as-server-user.ts';
import { operator } from './audited.ts';
import { configOption } from './config-option.ts';
import { changeSettings, startingSettings } from './settings-file.ts';

interface Options {
  readonly config: string;
  readonly secondary?: boolean;
  readonly peerHub?: string;
  readonly mirror?: boolean;
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
    .option('--mirror', 'with --peer-hub: both hold the same files for telephones (PeerMirror=1)')
    .addHelpText(
      'after',
      `
Example: branchline join branchline-join-1.eyJ… --config /etc/branchline/MV_IPTel.ini

Exit status: 0 joined · 2 the string is not whole · 11 the hub cannot be reached · 12 the hub is another one, or the
             string was used or has expired`,
    )
    .hook('preAction', serverUserFirst)
    .action(async (text: string, { config, secondary, peerHub, mirror = false }: Options) => {
      if (peerHub !== undefined) {
        await joinPeerHub(text, config, peerHub, mirror);
        return;
      }
      const peer = secondary === true ? 'secondary' : 'primary';
      const act = { by: operator(), why: 'join' };
      const identity = await joinAsBranch(text, config, peer, act);
      process.stdout.write(
        `joined ${identity.host} as ${identity.branch} (${peer})\n` +
          `start or restart the server now: branchline serve --config ${config}\n`,
      );
    });
}

/** Towards the other hub of a pair: what came to both is agreed on, and with `mirror` all that telephones get is the same. */
async function joinPeerHub(
  text: string,
  config: string,
  name: string,
  mirror: boolean,
): Promise<void> {
  await startingSettings(config);
  const plan = await loadPlan(config);
  requireBranchName(name);
  const { identity } = await useInvitation(text, config);
  await peerHubFolder(plan.folders).save(identity);
  const changes = {
    ...{ 'HUB/PeerHub': '1', 'HUB/PeerName': name },
    ...(mirror && { 'HUB/PeerMirror': '1' }),
  };
  await changeSettings(config, changes, `join ${identity.host} as the other hub of a pair`);
  process.stdout.write(
    `joined ${identity.host} as ${identity.branch} (the other hub of a pair)\n` +
      `that hub has to join this one, too: branchline hub invite ${name} --config ${config}\n` +
      `start or restart the server then: branchline serve --config ${config}\n`,
  );
}
