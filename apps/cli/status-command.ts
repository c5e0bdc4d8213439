import { Command } from 'commander';
import { BranchlineError } from '#libs/errors';
import { mirrorSentence, Times, type Status } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { ServerClient } from '../server/server-client.ts';
import { table } from './table.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('how the running server is: listeners, sync, branches')
    .addOption(configOption())
    .option('--json', 'print the whole status as JSON')
    .option(
      '--check',
      'say nothing; exit 0 only when the server runs and its last sync has not failed',
    )
    .action(
      async ({ config, json, check }: { config: string; json?: boolean; check?: boolean }) => {
        const client = await ServerClient.open(await loadPlan(config));
        const status = await client.status();
        if (json === true) process.stdout.write(`${JSON.stringify(status)}\n`);
        else if (check !== true) process.stdout.write(describe(status));
        if (check === true) requireWell(status);
      },
    );
}

function requireWell({ sync }: Status): void {
  if (sync?.state !== 'failed' && sync?.state !== 'frozen') return;
  throw new BranchlineError(
    'PARTLY_DONE',
    `the last sync failed: ${sync.lastRun?.message ?? sync.state}`,
  );
}

function describe(status: Status): string {
  const { server, listeners, sync, hub, mirror } = status;
  const lines = [
    `${server.name}: Branchline ${server.version}, ${server.roles.join(' and ')}, up ${server.uptimeS} s`,
    '',
    ...table(
      ['listener', 'address', 'port'],
      listeners.map(({ name, address, port }) => [name, address, `${port}`]),
    ),
  ];
  if (sync !== null) {
    lines.push(
      '',
      `sync: ${sync.state}, release ${sync.releaseVersion ?? '–'}, hub ${sync.primary.address} ${sync.primary.state}`,
    );
    if (sync.lastRun !== null)
      lines.push(`last run: ${sync.lastRun.state} ${sync.lastRun.message ?? ''}`.trimEnd());
    lines.push(
      ...table(
        ['file', 'state', 'bytes', 'why'],
        sync.files.map((file) => [file.name, file.state, `${file.size}`, file.reason ?? '']),
      ),
    );
  }
  if (hub !== null) {
    lines.push(
      '',
      `hub: release ${hub.releaseVersion ?? '–'}, ${hub.files} files, ${hub.branchesTotal} branches`,
    );
    lines.push(
      ...table(
        ['branch', 'state', 'last seen', 'release', 'last error'],
        hub.branches.map((branch) => [
          branch.name,
          branch.state,
          branch.lastSeenAt ?? '–',
          `${branch.releaseVersion ?? '–'}`,
          branch.lastError?.sentence ?? '',
        ]),
      ),
    );
  }
  if (mirror !== null) {
    lines.push('', `pair: ${mirrorSentence(mirror, new Times(server.clock))}`);
  }
  for (const warning of status.warnings) lines.push('', `warning: ${warning}`);
  return `${lines.join('\n')}\n`;
}
