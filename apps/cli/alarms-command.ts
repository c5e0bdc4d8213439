import { Command, Option } from 'commander';
import { BranchlineError } from '#libs/errors';
import { maxMuteMinutes, type AlarmList, type AlarmTestAnswer, type ListedMute } from '#libs/pages';
import { AlarmClient } from '../server/alarm-client.ts';
import { loadPlan } from '../server/compose.ts';
import { ServerClient } from '../server/server-client.ts';
import { configOption } from './config-option.ts';
import { printable, table } from './table.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

/** `branchline alarms …`: of the running server. */
export function alarmsCommand(): Command {
  return new Command('alarms')
    .description('what the running server has raised alarms for, and who is told')
    .addCommand(listCommand())
    .addCommand(testCommand())
    .addCommand(muteCommand())
    .addCommand(unmuteCommand());
}

const withCommon = (command: Command): Command =>
  command.addOption(configOption()).option('--json', 'print the answer of the server as JSON');

function listCommand(): Command {
  return withCommon(new Command('list'))
    .description('alarms that are on, mutes, receivers')
    .option('--history', 'also those that are over')
    .action(async ({ config, json, history }: Options & { history?: boolean }) => {
      const list = await (await open(config)).list();
      print(json, list, () => described(list, history === true));
    });
}

function testCommand(): Command {
  return withCommon(new Command('test'))
    .description(
      'send a marked test to each receiver, or to the one named, and say what it answered',
    )
    .argument('[receiver]', 'log, webhook, syslog, mail or trap')
    .action(async (receiver: string | undefined, { config, json }: Options) => {
      const answer = await (await open(config)).test(receiver);
      print(json, answer, () => tested(answer));
      const failed = answer.results.filter(({ ok }) => !ok);
      if (failed.length === 0) return;
      throw new BranchlineError(
        'PARTLY_DONE',
        `${failed.map((each) => each.receiver).join(', ')} did not take the test`,
      );
    });
}

function muteCommand(): Command {
  return withCommon(new Command('mute'))
    .description('tell receivers nothing of one alarm, or of any, for a time; its end is told')
    .argument('<alarm>', 'id of an alarm as `alarms list` shows it, or all')
    .addOption(
      new Option(
        '--for <time>',
        'until its end: 30m, 8h or 7d; 30 days at most',
      ).makeOptionMandatory(),
    )
    .action(async (alarm: string, { config, json, for: time }: Options & { for: string }) => {
      const which = alarm === 'all' ? undefined : numberOf(alarm, 'an alarm');
      const request = { alarm: which, minutes: minutesOf(time), by: 'operator' };
      const mute = await (await open(config)).mute(request);
      print(
        json,
        mute,
        () => `${printable(mute.title)}: muted until ${mute.until} (mute ${mute.id})\n`,
      );
    });
}

function unmuteCommand(): Command {
  return withCommon(new Command('unmute'))
    .description('end a mute before its time; what was not told is told now')
    .argument('<mute>', 'id of the mute as `alarms list` shows it')
    .action(async (id: string, { config, json }: Options) => {
      const number = numberOf(id, 'a mute');
      const mute = await (await open(config)).unmute(number, 'operator');
      print(json, mute, () => `${printable(mute.title)}: no longer muted\n`);
    });
}

const open = async (config: string): Promise<AlarmClient> =>
  new AlarmClient(await ServerClient.open(await loadPlan(config)));

function print(json: boolean | undefined, answer: object, words: () => string): void {
  process.stdout.write(json === true ? `${JSON.stringify(answer)}\n` : words());
}

function numberOf(text: string, what: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new BranchlineError(
    'USAGE',
    `${text} is not the id of ${what}: see \`branchline alarms list\``,
  );
}

const units: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1_440 };

function minutesOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const minutes = Number(count) * (units[unit] ?? 0);
  if (minutes >= 1 && minutes <= maxMuteMinutes) return minutes;
  throw new BranchlineError(
    'USAGE',
    `--for needs a time such as 30m, 8h or 7d, 30 days at most, not ${text}`,
  );
}

function described(
  { active, activeTotal, history, mutes, receivers }: AlarmList,
  past: boolean,
): string {
  const blocks = [
    active.length === 0
      ? ['no alarm is on']
      : table(
          ['alarm', 'severity', 'since', 'what', 'what to do'],
          active.map(({ id, severity, since, what, advice, muted }) => [
            `${id}${muted ? ' muted' : ''}`,
            ...[severity, since, what, advice],
          ]),
        ),
    activeTotal > active.length ? [`… ${activeTotal} in all`] : [],
    past
      ? table(
          ['over', 'severity', 'since', 'what was'],
          history.map(({ clearedAt, severity, since, what }) => [
            clearedAt ?? '',
            severity,
            since,
            what,
          ]),
        )
      : [],
    table(['mute', 'of', 'until', 'by'], mutes.map(mutedRow)),
    table(
      ['receiver', 'address', 'waiting', 'last taken', 'trouble'],
      receivers.map(({ name, address, waiting, lastSentAt, lastError }) => [
        ...[name, address, `${waiting}`, lastSentAt ?? '–', lastError ?? ''],
      ]),
    ),
  ].filter((lines) => lines.length > 0);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const mutedRow = ({ id, title, until, by }: ListedMute): string[] => [`${id}`, title, until, by];

const tested = ({ results }: AlarmTestAnswer): string =>
  `${table(
    ['receiver', 'address', 'answer'],
    results.map(({ receiver, address, ok, answer }) => [
      ...[receiver, address, ok ? answer : `NOT TAKEN: ${answer}`],
    ]),
  ).join('\n')}\n`;
