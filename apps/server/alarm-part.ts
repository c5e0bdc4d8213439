import { AlarmWatch, Mail, Syslog, Trap, Webhook, type Receiver } from '#libs/alarms';
import type { ScansTable } from '#libs/journal';
import type { AlarmPlan } from './alarm-plan.ts';
import type { Runtime } from './runtime.ts';
import { scanFact } from './scan-fact.ts';
import type { ServerPlan } from './server-plan.ts';
import type { ServerStatus } from './status-source.ts';

export interface AlarmPartOptions {
  readonly plan: ServerPlan;
  readonly runtime: Runtime;
  readonly status: ServerStatus;
  readonly scans: ScansTable;
}

/** What raises alarms, and tells them. */
export function alarmPart({ plan, runtime, status, scans }: AlarmPartOptions): AlarmWatch {
  const { journal, clock, log, audit, metrics, refused } = runtime;
  const { alarms, name } = plan;
  return new AlarmWatch({
    ...{ server: name, journal, clock, audit, metrics, refused },
    status: () => status.status(),
    scan: () => scanFact(scans),
    limits: alarms.limits,
    receivers: receiversOf(alarms),
    stateDir: plan.folders.state,
    log: log.child({ service: 'alarms' }),
  });
}

const receiversOf = ({ webhook, syslog, mail, trap }: AlarmPlan): Receiver[] => [
  ...(webhook === undefined ? [] : [new Webhook(webhook)]),
  ...(syslog === undefined ? [] : [new Syslog(syslog)]),
  ...(mail === undefined ? [] : [new Mail(mail)]),
  ...(trap === undefined ? [] : [new Trap(trap)]),
];
