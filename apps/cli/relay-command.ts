import { Command, Option } from 'commander';
import { BranchlineError } from '#libs/errors';
import { OutgoingTable, SqliteLedger, type Journal, type UploadKind } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { bytes, type RelayStatus } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { relayStatus } from '../server/relay-status.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { withJournal } from '../server/with-journal.ts';
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

/** Records of one call; the next call takes the next. */
const maxAtOnce = 10_000;

/** `branchline relay …`: beside a running server as well as without one. */
export function relayCommand(): Command {
  return new Command('relay')
    .description('what goes up from a branch, and what has come up to a hub')
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
          table: new OutgoingTable(journal),
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
    .action(async ({ config, json, ...options }: ResendOptions) => {
      const plan = await loadPlan(config);
      const files = await withJournal(plan, async (journal) => {
        const chosen = await resend(plan, journal, options);
        await auditCli(
          plan,
          chosen.map((file) => ({ act: 'resent', ...file })),
        );
        return chosen;
      });
      const most = files.length >= maxAtOnce ? '; there may be more, run it again' : '';
      process.stdout.write(
        json === true
          ? `${JSON.stringify(files)}\n`
          : `${files.length} files ${atHub(plan, options) ? 'are delivered' : 'are offered'} again${most}\n`,
      );
    });
}

type Choice = Omit<ResendOptions, keyof Options>;

async function resend(
  plan: ServerPlan,
  journal: Journal,
  choice: Choice,
): Promise<{ kind: UploadKind; branch?: string; name: string; sha256: string }[]> {
  const { kind, name = '*', branch = '*', since, delivered = false, all } = choice;
  const chosen = [kind, choice.name, choice.branch, since].some((word) => word !== undefined);
  if (!chosen && all !== true) {
    throw new BranchlineError('USAGE', 'say which: --kind, --name, --branch, --since, or --all');
  }
  const from = sinceOf(since);
  if (atHub(plan, choice)) {
    const kinds: UploadKind[] = kind === undefined ? ['cdr', 'bcms'] : [kind];
    const which = { kinds, name, branch, since: from, delivered };
    return (await new SqliteLedger(journal).deliverAgain(which, maxAtOnce)).map((file) => ({
      kind: file.kind,
      branch: file.branch,
      name: file.name,
      sha256: file.sha256,
    }));
  }
  const kinds: UploadKind[] = kind === undefined ? ['backup', 'cdr', 'bcms'] : [kind];
  return new OutgoingTable(journal)
    .offerAgain({ kinds, name, since: from })
    .map((file) => ({ kind: file.kind, name: file.name, sha256: file.sha256 }));
}

/** A server that is both: what only a hub can do is meant for the hub. */
const atHub = ({ hub, branch }: ServerPlan, choice: Choice): boolean =>
  hub !== undefined &&
  (branch === undefined || choice.branch !== undefined || choice.delivered === true);

function described({ outgoing, incoming, incomingTotal }: RelayStatus): string {
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
  ];
  return lines.length === 0 ? 'nothing is relayed here\n' : `${lines.join('\n')}\n`;
}
