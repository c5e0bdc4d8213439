import { Command, Option } from 'commander';
import { BranchlineError } from '#libs/errors';
import { SqliteLedger, type UploadKind } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { bytes, type RelayStatus } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { relayStatus } from '../server/relay-status.ts';
import { isForHub, maxResent, resend, type ResendChoice } from '../server/resend.ts';
import { withJournal } from '../server/with-journal.ts';
import { serverUserFirst } from './as-server-user.ts';
import { auditCli } from './audited.ts';
import { configOption } from './config-option.ts';
import { sinceOf } from './since-option.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

interface ResendOptions extends Options {
  readonly kind?: UploadKind;
  readonly name?: string;
  readonly branch?: string;
  readonly since?: string;
  readonly delivered?: boolean;
  readonly all?: boolean;
}

/** `branchline relay …`: beside a running server as well as without one. */
export function relayCommand(): Command {
  return new Command('relay')
    .description('what goes up from a branch, and what has come up to a hub')
    .hook('preAction', serverUserFirst)
    .addCommand(statusCommand())
    .addCommand(resendCommand());
}

function statusCommand(): Command {
  return new Command('status')
    .description('what waits, what was acknowledged and delivered, gaps, conflicts')
    .addOption(configOption())
    .option('--json', 'for programs: what GET /api/v1/status says under `relay`')
    .action(async ({ config, json }: Options) => {
      const plan = await loadPlan(config);
      const status = await withJournal(plan, async (journal) =>
        relayStatus({
          plan,
          journal,
          totals: plan.hub === undefined ? [] : await new SqliteLedger(journal).totals(),
          now: systemClock.now(),
        }),
      );
      process.stdout.write(json === true ? `${JSON.stringify(status)}\n` : described(status));
    });
}

function resendCommand(): Command {
  return new Command('resend')
    .description('offer files to the hub again, or at a hub deliver records again')
    .addOption(
      new Option('--kind <kind>', 'of this kind only').choices(['backup', 'cdr', 'bcms'] as const),
    )
    .option('--name <pattern>', 'whose name is like this; * and ? stand for any characters')
    .option('--branch <pattern>', 'at a hub: of these branches')
    .option('--since <date>', 'acknowledged, or at a hub received, since then: 2026-11-26')
    .option('--delivered', 'at a hub: also what the collector has had; it gets that twice')
    .option('--all', 'without a choice')
    .addOption(configOption())
    .option('--json', 'print what was chosen, for programs')
    .addHelpText(
      'after',
      `
At a branch the next run offers the files again; the hub takes only what it does not hold whole. At a hub damaged records
are tried again within a minute; what was delivered is delivered again only with --delivered.

Examples: branchline relay resend --kind cdr --since 2026-11-24
          branchline relay resend --branch lisbon --name 'S*' --delivered`,
    )
    .action(async (options: ResendOptions) => {
      const { config, json } = options;
      const choice = choiceOf(options);
      const plan = await loadPlan(config);
      const files = await withJournal(plan, async (journal) => {
        const chosen = await resend(plan, journal, choice);
        await auditCli(
          plan,
          chosen.map((file) => ({ act: 'resent', ...file })),
        );
        return chosen;
      });
      const most = files.length >= maxResent ? '; there may be more, run it again' : '';
      process.stdout.write(
        json === true
          ? `${JSON.stringify(files)}\n`
          : `${files.length} files ${isForHub(plan, choice) ? 'are delivered' : 'are offered'} again${most}\n`,
      );
    });
}

/** @throws BranchlineError USAGE when nothing was chosen. */
function choiceOf({
  kind,
  name,
  branch,
  since,
  delivered = false,
  all,
}: ResendOptions): ResendChoice {
  const chosen = [kind, name, branch, since].some((word) => word !== undefined);
  if (!chosen && all !== true) {
    throw new BranchlineError('USAGE', 'say which: --kind, --name, --branch, --since, or --all');
  }
  return { kind, name: name ?? '*', branch, since: sinceOf(since), delivered };
}

function described({ copies, outgoing, incoming, incomingTotal }: RelayStatus): string {
  const lines = [
    ...table(
      ['goes up', 'here', 'waiting', 'oldest waiting', 'acknowledged by', 'last error'],
      outgoing.map((kind) => [
        kind.kind,
        `${kind.files} (${bytes(kind.bytes)})`,
        `${kind.waiting}${kind.overdue ? ' overdue' : ''}`,
        kind.oldestWaitingAt ?? '–',
        kind.acknowledged.map(({ hub, files }) => `${hub} ${files}`).join(', '),
        kind.lastError === null ? '' : `${kind.lastError.code} ${kind.lastError.sentence}`,
      ]),
    ),
    ...(outgoing.length > 0 && incoming.length > 0 ? [''] : []),
    ...table(
      ['branch', 'kind', 'here', 'delivered', 'waiting', 'damaged', 'conflicts', 'last received'],
      incoming.map((from) => [
        from.branch,
        from.kind,
        `${from.files} (${bytes(from.bytes)})`,
        from.kind === 'backup' ? '–' : `${from.delivered}`,
        from.kind === 'backup' ? '–' : `${from.waiting}`,
        `${from.damaged}`,
        `${from.conflicts}`,
        `${from.lastReceivedAt}${from.missing ? ' missing' : ''}`,
      ]),
    ),
    ...(incoming.length < incomingTotal ? [`… ${incomingTotal} in all`] : []),
    ...(copies === null
      ? []
      : ['', `of ${copies.hub} not here yet: ${copies.files} (${bytes(copies.bytes)})`]),
  ];
  return lines.length === 0 ? 'nothing is relayed here\n' : `${lines.join('\n')}\n`;
}
