import { Argument, Command } from 'commander';
import { errorCodes, isErrorCode } from '#libs/errors';
import type { RunAnswer } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { ProgressLine } from './progress-line.ts';
import { ServerClient } from '../server/server-client.ts';

const whats = ['updates', 'backup', 'cdr', 'bcms', 'all'] as const;

export function syncCommand(): Command {
  return new Command('sync')
    .description('ask the running server to sync now, and follow it to its end')
    .addArgument(new Argument('[what]', 'what to sync').choices(whats).default('all'))
    .addOption(configOption())
    .option('--json', 'print the run as JSON')
    .addHelpText(
      'after',
      `
Example: branchline sync updates --config /etc/branchline/MV_IPTel.ini

Exit status: 0 everything is in place · 3 some files were refused · 10 settings invalid or a circle of hubs
             11 no server, or no hub to reach · 12 not authorised · 1 any other failure`,
    )
    .action(async (what: string, { config, json }: { config: string; json?: boolean }) => {
      const client = await ServerClient.open(await loadPlan(config));
      const line = new ProgressLine(process.stderr);
      const run = await client.follow(await client.sync(what), (seen) => {
        showProgress(line, seen);
      });
      line.clear();
      if (json === true) process.stdout.write(`${JSON.stringify(run)}\n`);
      else report(run);
      process.exitCode = exitOf(run);
    });
}

/** The file that is being worked on, as a bar. */
export function showProgress(line: ProgressLine, run: RunAnswer): void {
  const busy = run.files.find(({ state }) => state === 'fetching' || state === 'publishing');
  if (busy === undefined) return;
  const verb = busy.state === 'fetching' ? 'fetching' : 'unpacking';
  line.show({ label: `${verb} ${busy.name}`, done: busy.bytes, overall: busy.bytesOverall });
}

function report(run: RunAnswer): void {
  for (const { name, state, message } of run.files) {
    process.stdout.write(
      `${state.padEnd(10)} ${name}${message === undefined ? '' : `: ${message}`}\n`,
    );
  }
  if (run.state === 'done') {
    process.stdout.write(
      run.files.length === 0 ? 'in sync: nothing new at the hub\n' : 'in sync\n',
    );
    return;
  }
  process.stderr.write(`branchline: ${run.message ?? run.state} [${run.code ?? 'INTERNAL'}]\n`);
}

/** The exit code of a run that has ended. */
export function exitOf({ state, code }: Pick<RunAnswer, 'state' | 'code'>): number {
  if (state === 'done') return 0;
  return code !== undefined && isErrorCode(code) ? errorCodes[code].exit : 1;
}
