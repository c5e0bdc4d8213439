import type {
  AlarmLimits,
  Facility,
  MailOptions,
  SyslogOptions,
  TrapOptions,
  WebhookOptions,
} from '#libs/alarms';
import { parseHostPort, parseSnmpParams, type Settings } from '#libs/settings';

/** From where on something is an alarm, and who is told of it. Holds secrets. */
export interface AlarmPlan {
  readonly limits: AlarmLimits;
  readonly webhook: WebhookOptions | undefined;
  readonly syslog: SyslogOptions | undefined;
  readonly mail: MailOptions | undefined;
  readonly trap: TrapOptions | undefined;
}

export const alarmPlan = ({ values: { alarms, server } }: Settings): AlarmPlan => ({
  limits: { syncFailures: alarms.syncFailures, backupHours: alarms.backupHours },
  webhook:
    alarms.webhookUrl === ''
      ? undefined
      : {
          url: alarms.webhookUrl,
          secret: alarms.webhookSecret,
          authorityFile: alarms.webhookCaFile || undefined,
        },
  syslog: syslogPlan(alarms),
  mail: mailPlan(alarms),
  trap: trapPlan(alarms, server.serverName),
});

type Wanted = Settings['values']['alarms'];

function syslogPlan(alarms: Wanted): SyslogOptions | undefined {
  const { syslogServer, syslogProtocol: transport, syslogFacility, syslogCaFile } = alarms;
  const address = parseHostPort(syslogServer, transport === 'tls' ? 6514 : 514);
  return (
    address && {
      ...address,
      transport,
      facility: syslogFacility as Facility,
      authorityFile: syslogCaFile || undefined,
    }
  );
}

function mailPlan(alarms: Wanted): MailOptions | undefined {
  const { mailServer, mailTls, mailCaFile, mailUser, mailPassword, mailFrom, mailTo } = alarms;
  const address = parseHostPort(mailServer, ([25, 587, 465] as const)[mailTls]);
  return (
    address && {
      ...address,
      tls: (['none', 'explicit', 'implicit'] as const)[mailTls],
      authorityFile: mailCaFile || undefined,
      ...{ user: mailUser, password: mailPassword, from: mailFrom, to: mailTo },
    }
  );
}

function trapPlan(
  { trapServer, trapParams, trapInform }: Wanted,
  server: string,
): TrapOptions | undefined {
  const address = parseHostPort(trapServer, 162);
  const access = parseSnmpParams(trapParams);
  return address === undefined || typeof access === 'string'
    ? undefined
    : { ...address, access, inform: trapInform, server };
}
