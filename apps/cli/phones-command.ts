import { Command } from 'commander';
import type { ListedPhone, PhoneList } from '#libs/pages';
import { loadPlan } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { ServerClient } from '../server/server-client.ts';
import { table } from './table.ts';

export function phonesCommand(): Command {
  return new Command('phones')
    .description('the telephones that the running server has seen, those seen last first')
    .addOption(configOption())
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      '\nA ? behind a value: the telephone only claims it, and has not proven it by SNMP.',
    )
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const client = await ServerClient.open(await loadPlan(config));
      const list = await client.phones();
      process.stdout.write(json === true ? `${JSON.stringify(list)}\n` : describe(list));
    });
}

function describe({ total, phones }: PhoneList): string {
  if (phones.length === 0) return 'no telephone has been seen yet\n';
  const rows = phones.map((phone) => [
    phone.address,
    inWords(phone.mac),
    inWords(phone.model),
    inWords(phone.firmware),
    phone.extension ?? '–',
    phone.lastSeenAt,
    phone.backupAt ?? '–',
  ]);
  const heads = ['address', 'mac', 'model', 'firmware', 'extension', 'last seen', 'last backup'];
  const rest = total > phones.length ? [`… of ${total}`] : [];
  return `${[...table(heads, rows), ...rest].join('\n')}\n`;
}

const inWords = (fact: ListedPhone['mac']): string =>
  fact === null ? '–' : `${fact.value}${fact.proven ? '' : '?'}`;
