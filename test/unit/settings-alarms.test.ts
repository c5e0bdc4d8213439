import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { listValues } from '#libs/settings';
import { alarmPlan } from '../../apps/server/alarm-plan.ts';
import { faultsOf, settingsOf, warningsOf } from '../support/settings-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('tells nobody outside unless somebody is named', async () => {
  const plan = alarmPlan(await settingsOf(['[ALARMS]']));
  expect(plan).toEqual({
    limits: { syncFailures: 3, backupHours: 26 },
    ...{ webhook: undefined, syslog: undefined, mail: undefined, trap: undefined },
  });
});

it('gives each receiver the port of its protocol, or the one that is named', async () => {
  const mail = ['MailServer=mail.example.com', 'MailFrom=a@example.com'];
  const good = [...mail, 'MailTo=b@example.com, c@example.org', 'TrapServer=::1'];
  const of = async (...lines: string[]) =>
    alarmPlan(await settingsOf(['[ALARMS]', ...good, ...lines]));
  expect((await of()).mail).toMatchObject({
    port: 587,
    tls: 'explicit',
    to: ['b@example.com', 'c@example.org'],
  });
  expect((await of('MailTLS=0')).mail).toMatchObject({ port: 25, tls: 'none' });
  expect((await of('MailTLS=2')).mail).toMatchObject({ port: 465, tls: 'implicit' });
  expect((await of('SyslogServer=logs')).syslog).toMatchObject({ port: 514, transport: 'udp' });
  expect((await of('SyslogServer=logs', 'SyslogProtocol=tls')).syslog).toMatchObject({
    port: 6514,
  });
  expect((await of('SyslogServer=[::1]:1514')).syslog).toMatchObject({ host: '::1', port: 1514 });
  expect((await of()).trap).toMatchObject({ host: '::1', port: 162, inform: false });
});

it('refuses with its line what could never be reached or would break out of a header', async () => {
  const faulty = [
    ...[
      'WebhookURL=ftp://example.com/',
      'WebhookURL=https://u:p@example.com/',
      'WebhookURL=example.com',
    ],
    ...[
      'SyslogServer=a b',
      'SyslogServer=host:70000',
      'SyslogServer=10.0.0.1.2',
      'SyslogProtocol=smtp',
    ],
    ...[
      'SyslogFacility=mail',
      'MailFrom=a@b@c',
      'MailFrom=<a@example.com>',
      'MailTo=a@example.com; b@example.com',
    ],
    ...[
      'MailTo=a,b',
      'MailTLS=3',
      'TrapServer=:162',
      'TrapParams=-v4',
      'SyncFailures=0',
      'BackupHours=x',
    ],
  ];
  for (const line of faulty) {
    expect([line, await faultsOf(['[ALARMS]', line])]).toEqual([
      line,
      [`2 [ALARMS] ${line.slice(0, line.indexOf('='))}`],
    ]);
  }
});

it('refuses a receiver that lacks half of what it needs', async () => {
  const faults = (...lines: string[]): Promise<string[]> => faultsOf(['[ALARMS]', ...lines]);
  const mail = ['MailServer=m', 'MailFrom=a@example.com', 'MailTo=b@example.com'];
  expect(await faults('MailServer=m', 'MailFrom=a@example.com')).toEqual(['2 [ALARMS] MailServer']);
  expect(await faults(...mail, 'MailUser=anna')).toEqual(['5 [ALARMS] MailUser']);
  expect(await faults(...mail, 'MailPassword=x')).toEqual(['5 [ALARMS] MailPassword']);
  expect(await faults(...mail, 'MailUser=a', 'MailPassword=Avaya')).toEqual([
    '6 [ALARMS] MailPassword',
  ]);
  expect(await faults('TrapServer=x', 'TrapParams=-v1 -cpublic')).toEqual([
    '3 [ALARMS] TrapParams',
  ]);
});

it('warns of what others can read or guess', async () => {
  const lines = ['WebhookURL=http://example.com/x', 'WebhookSecret=short'];
  const mail = ['MailServer=m', 'MailFrom=a@example.com', 'MailTo=b@example.com', 'MailTLS=0'];
  const settings = await settingsOf([
    '[ALARMS]',
    ...lines,
    ...mail,
    'MailUser=u',
    'MailPassword=p4711',
  ]);
  expect(warningsOf(settings)).toEqual([
    '2 [ALARMS] WebhookURL',
    '3 [ALARMS] WebhookSecret',
    '7 [ALARMS] MailTLS',
  ]);
});

it('takes secrets from files and shows none', async () => {
  const file = path.join(await tempFolder(), 'secret');
  await writeFile(file, 'geheim-4711-geheim\n');
  const settings = await settingsOf([
    '[ALARMS]',
    `WebhookSecretFile=${file}`,
    'WebhookURL=https://hooks.example.com/T000/geheim-4711',
    'TrapParams= -v3 -u anna -l authNoPriv -a SHA -A geheim-4711',
  ]);
  expect(settings.values.alarms.webhookSecret).toBe('geheim-4711-geheim');
  const shown = JSON.stringify(listValues(settings).map(({ value, written }) => [value, written]));
  expect(shown).not.toContain('geheim-4711');
  expect(shown).toContain('https://hooks.example.com/********');
});
