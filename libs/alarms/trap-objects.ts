import type { AlarmMessage } from './alarm-message.ts';
import { cutUtf8 } from './cut-utf8.ts';

/** The number that IANA gives to examples (RFC 5612): this project has none of its own. `packaging/BRANCHLINE-MIB.txt` has all names. */
const branchline = '1.3.6.1.4.1.32473.1';

export const notifications: Readonly<Record<AlarmMessage['event'], string>> = {
  raised: `${branchline}.0.1`,
  cleared: `${branchline}.0.2`,
  'mute-ended': `${branchline}.0.3`,
  test: `${branchline}.0.4`,
};

/** As the MIB numbers them. */
const severities = { critical: 1, warning: 2, info: 3 } as const;

/** DisplayString in the MIB: bounded, so that the datagram stays one. */
const maxText = 255;

export interface NotifiedObject {
  readonly oid: string;
  readonly value: Buffer | number;
}

/** What a notification carries, in the order of the MIB. */
export function alarmObjects(message: AlarmMessage): NotifiedObject[] {
  const { id, server, condition, severity, text, alarms, more } = message;
  const only = alarms.length === 1 ? alarms[0] : undefined;
  const values = [
    id,
    server,
    condition ?? '',
    severities[severity],
    text,
    only?.about ?? '',
    only?.advice ?? '',
    alarms.length + more,
  ];
  return values.map((value, index) => ({
    oid: `${branchline}.1.${index + 1}.0`,
    value: typeof value === 'number' ? value : cutUtf8(value, maxText),
  }));
}
