import { Type } from 'typebox';
import { choiceForm, listForm, snmpParamsForm, textForm, type Form } from './form.ts';
import { isHostName, parseHostPort } from './host-port.ts';
import { anyText, filePath, flag, secret, setting, text, whole, type IniName } from './setting.ts';
import { maskSnmpParams } from './snmp-params.ts';

const anyPort = 1;

/** The port is up to the protocol where none is named: `compose.ts` knows. */
const serverForm: Form = {
  expects: 'a host name or an IP address, with :PORT after it where the port is not the usual one',
  read: (value) => (parseHostPort(value, anyPort) === undefined ? undefined : value.trim()),
};

const urlForm: Form = {
  expects: 'an address such as https://example.com/alarms, without user and password',
  read: (value) => {
    const address = value.trim();
    const url = URL.parse(address);
    if (url === null || address.length > 1024 || /[\s\p{Cc}]/u.test(address)) return undefined;
    const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
    return isWeb && url.username === '' && url.password === '' && isHost(url.hostname)
      ? address
      : undefined;
  },
};

const isHost = (name: string): boolean => isHostName(name.replace(/^\[|\]$/g, ''));

/** What is secret in such an address is usually its path. */
const maskUrl = (value: string): string => {
  const url = URL.parse(value);
  return url === null ? '********' : `${url.origin}/********`;
};

/** RFC 5321, section 4.1.2, without quotes: what could break out of a header is no address here. */
const mailAddress: Form = {
  expects: 'a mail address',
  read: (value) => {
    const [, host = ''] = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(.{1,253})$/.exec(value) ?? [];
    return isHostName(host) ? value : undefined;
  },
};

const someAddresses = listForm(mailAddress, 'up to 64 mail addresses with commas between them');

const nobodyOrAddresses: Form = {
  expects: someAddresses.expects,
  read: (value) => (value.trim() === '' ? [] : someAddresses.read(value)),
};

const tlsChoice = (ini: IniName, description: string) =>
  setting(
    Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)], { default: 1, description }),
    { ini, form: choiceForm({ 0: 0, 1: 1, 2: 2 }, '0 (none), 1 (STARTTLS) or 2 (TLS)') },
  );

const authorities = { otherwise: 'those that Node.js trusts' };

/** [ALARMS]: from where on something is an alarm, and who is told; a receiver is on when its server is named. */
export const alarmSettings = Type.Object({
  syncFailures: whole(
    'ALARMS/SyncFailures',
    3,
    { from: 1, to: 20 },
    'Sync runs that fail one after the other before it is an alarm.',
  ),
  backupHours: whole(
    'ALARMS/BackupHours',
    26,
    { from: 1, to: 8760 },
    'Hours after which a backup that does not get on its way, or an archive that fails, is an alarm.',
  ),
  webhookUrl: text('ALARMS/WebhookURL', '', urlForm, 'Address that is posted each alarm as JSON.', {
    secret: true,
    mask: maskUrl,
  }),
  webhookSecret: secret(
    'ALARMS/WebhookSecret',
    'Signs what is posted: HMAC-SHA-256 in the header Branchline-Signature.',
  ),
  webhookCaFile: filePath(
    'ALARMS/WebhookCAFile',
    'Certificates of the authorities of that server, as PEM.',
    authorities,
  ),
  syslogServer: text(
    'ALARMS/SyslogServer',
    '',
    serverForm,
    'Syslog server that gets each alarm (RFC 5424); port 514, with TLS 6514.',
  ),
  syslogProtocol: setting(
    Type.Union([Type.Literal('udp'), Type.Literal('tcp'), Type.Literal('tls')], {
      default: 'udp',
      description: 'How it is reached; TCP and TLS count octets (RFC 6587, RFC 5425).',
    }),
    {
      ini: 'ALARMS/SyslogProtocol',
      form: choiceForm({ udp: 'udp', tcp: 'tcp', tls: 'tls' }, 'udp, tcp or tls'),
    },
  ),
  syslogFacility: text(
    'ALARMS/SyslogFacility',
    'local0',
    textForm('user, daemon or local0 to local7', /^(?:user|daemon|local[0-7])$/),
    'Facility of these messages.',
  ),
  syslogCaFile: filePath(
    'ALARMS/SyslogCAFile',
    'Certificates of the authorities of that server, as PEM.',
    authorities,
  ),
  mailServer: text(
    'ALARMS/MailServer',
    '',
    serverForm,
    'Mail server that is handed each alarm (SMTP); port 587, without TLS 25, with MailTLS=2 465.',
  ),
  mailTls: tlsChoice(
    'ALARMS/MailTLS',
    'Encryption towards it: 0 none, 1 STARTTLS, without which nothing is sent, 2 TLS from the start.',
  ),
  mailCaFile: filePath(
    'ALARMS/MailCAFile',
    'Certificates of the authorities of that server, as PEM.',
    authorities,
  ),
  mailUser: text('ALARMS/MailUser', '', anyText, 'User name at that server; empty for no log-in.'),
  mailPassword: secret('ALARMS/MailPassword', 'Password at that server.'),
  mailFrom: text('ALARMS/MailFrom', '', mailAddress, 'Address that alarms come from.'),
  mailTo: setting(
    Type.Array(Type.String({ maxLength: 320 }), {
      default: [],
      maxItems: 64,
      description: 'Addresses that alarms go to.',
    }),
    { ini: 'ALARMS/MailTo', form: nobodyOrAddresses },
  ),
  trapServer: text(
    'ALARMS/TrapServer',
    '',
    serverForm,
    'SNMP manager that gets each alarm as a notification (packaging/BRANCHLINE-MIB.txt); port 162.',
  ),
  trapParams: text(
    'ALARMS/TrapParams',
    ' -v2c -cpublic',
    snmpParamsForm,
    'Version and community, or the user of SNMP v3, as options of snmptrap.',
    { secret: true, mask: maskSnmpParams },
  ),
  trapInform: flag(
    'ALARMS/TrapInform',
    false,
    'Send informs, which that manager acknowledges, instead of traps.',
  ),
});
