import { stat } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { asBranchlineError, BranchlineError, errorCodes, isErrorCode } from '#libs/errors';
import { rangeText, sayRanges } from '#libs/phones';
import { rangesOfFile, type ScanView } from '#libs/scan';
import { loadPlan } from '../server/compose.ts';
import type { ServerPlan } from '../server/server-plan.ts';
import { serverUserFirst } from './as-server-user.ts';
import { configOption } from './config-option.ts';
import { ProgressLine } from './progress-line.ts';
import { openScanDesk, type ScanDesk } from './scan-desk.ts';
import { historyText, scanText } from './scan-text.ts';

interface Options {
  readonly config: string;
  readonly max?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const maxHistory = 20;

export function scanCommand(): Command {
  return new Command('scan')
    .description('which firmware the telephones run, and who is behind what this server offers')
    .argument(
      '[what...]',
      'FIRST LAST, FIRST-LAST, NETWORK/BITS, one address, or a file of ranges; nothing lists the scans so far',
    )
    .addOption(configOption())
    .option(
      '--max <addresses>',
      'addresses that it may ask (default: [SCAN] MaxCount)',
      wholeNumber,
    )
    .option('--json', 'print all that was found as JSON')
    .option('--csv', 'print all that was found as CSV')
    .addHelpText(
      'after',
      `
The running server asks the telephones; where none runs, this command does. What was found lies in the folder
Scan as well. Ctrl-C ends a scan, and what has answered until then is kept.
A file of ranges is looked for in the folder Scan first. It has one range a line: 192.168.0.1 192.168.0.128

Example: branchline scan 10.20.0.1-10.20.3.254 --config /etc/branchline/MV_IPTel.ini

Exit status: 0 every address was asked · 2 no ranges, or too many addresses · 13 a scan is on already
             130 cancelled · 1 any other failure`,
    )
    .hook('preAction', serverUserFirst)
    .action(async (words: string[], options: Options) => {
      const plan = await loadPlan(options.config);
      const desk = await openScanDesk(plan);
      try {
        if (words.length === 0) await tellHistory(desk, options);
        else await scan(desk, await asked(plan, words.join(' ')), options);
      } finally {
        await desk.close();
      }
    });
}

async function scan(desk: ScanDesk, what: string, options: Options): Promise<void> {
  const begun = await desk.begin(what, options.max);
  const line = new ProgressLine(process.stderr);
  const done = new AbortController();
  const interrupted = once(process, 'SIGINT', { signal: done.signal })
    .then(() => desk.cancel(begun.id))
    .catch((error: unknown) => {
      if (!done.signal.aborted) throw error;
    });
  const ended = await desk.follow(begun, ({ summary: { asked: done, addresses: overall } }) => {
    line.show({ label: 'scanning', done, overall, unit: 'addresses' });
  });
  done.abort();
  await interrupted;
  line.clear();
  await tell(desk, ended, options);
  process.exitCode = exitOf(ended);
}

/** A file that lies elsewhere is read here, as the server may not see it. */
async function asked({ scan: { folder } }: ServerPlan, what: string): Promise<string> {
  if (sayRanges(what)) return what;
  const inFolder = await stat(path.join(folder, what)).catch(() => undefined);
  if (inFolder !== undefined) return what;
  const file = path.resolve(what);
  const ranges = await rangesOfFile(path.dirname(file), path.basename(file)).catch(
    (error: unknown) => {
      if (asBranchlineError(error).code !== 'NOT_FOUND') throw error;
      throw new BranchlineError(
        'SCAN_RANGE_INVALID',
        `${JSON.stringify(what)} is no range, and there is no file of that name in ${folder} or here`,
      );
    },
  );
  return ranges.map(rangeText).join(',');
}

async function tell(desk: ScanDesk, ended: ScanView, { json, csv }: Options): Promise<void> {
  if (json === true || csv === true) {
    const report = desk.report(ended.id, json === true ? 'json' : 'csv');
    for await (const piece of report) process.stdout.write(piece);
  } else process.stdout.write(await scanText(desk, ended));
  if (ended.message !== null)
    process.stderr.write(`branchline: ${ended.message} [${ended.code ?? 'INTERNAL'}]\n`);
}

async function tellHistory(desk: ScanDesk, { json }: Options): Promise<void> {
  const scans = await desk.recent(maxHistory);
  process.stdout.write(json === true ? `${JSON.stringify({ scans })}\n` : historyText(scans));
}

function exitOf({ state, code }: ScanView): number {
  if (state === 'cancelled') return errorCodes.INTERRUPTED.exit;
  if (code !== null && isErrorCode(code)) return errorCodes[code].exit;
  return state === 'done' ? 0 : 1;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It needs a whole number from 1 to 65536.');
}
