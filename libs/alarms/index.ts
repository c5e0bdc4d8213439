export { AlarmBook, type Changes } from './alarm-book.ts';
export {
  alarmMessageSchema,
  messageEvents,
  type AlarmMessage,
  type ToldAlarm,
} from './alarm-message.ts';
export { AlarmTeller } from './alarm-teller.ts';
export { AlarmWatch, type AlarmWatchOptions } from './alarm-watch.ts';
export { conditionNames, conditions, type Condition, type ConditionName } from './conditions.ts';
export { Courier, usualPatience, type CourierPatience } from './courier.ts';
export type { AlarmLimits, Facts, ScanCounts, ScanFact, WatchdogReport } from './facts.ts';
export { Mail, type MailOptions } from './mail.ts';
export { receiverNames, type Receiver, type ReceiverName } from './receiver.ts';
export { Syslog, type SyslogOptions } from './syslog.ts';
export { facilities, syslogLine, type Facility } from './syslog-line.ts';
export { engineIdOf, Trap, type TrapOptions } from './trap.ts';
export { alarmObjects, notifications } from './trap-objects.ts';
export { readWatchdogReport, reportWatchdog } from './watchdog-report.ts';
export { signatureOf, Webhook, type WebhookOptions } from './webhook.ts';
export { MessageWriter } from './write-message.ts';
