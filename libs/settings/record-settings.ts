import { isIPv4, isIPv6 } from 'node:net';
import { Type } from 'typebox';
import { choiceForm, listForm, textForm, type Form } from './form.ts';
import { flag, port, secret, setting, text, whole, type IniName } from './setting.ts';

const peerForm = listForm(
  {
    expects: 'an address',
    read: (value) => {
      const [address = '', bits, ...more] = value.split('/');
      if (!isIPv4(address) && !isIPv6(address)) return undefined;
      if (bits === undefined) return value;
      const width = isIPv4(address) ? 32 : 128;
      return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= width
        ? value
        : undefined;
    },
  },
  'up to 64 IP addresses or blocks such as 10.1.0.0/16, with commas between them',
);

const nobodyOrPeersForm: Form = {
  expects: peerForm.expects,
  read: (value) => (value.trim() === '' ? [] : peerForm.read(value)),
};

const peers = (ini: IniName, description: string) =>
  setting(
    Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
      default: [],
      maxItems: 64,
      description,
    }),
    { ini, form: nobodyOrPeersForm },
  );

const kind = (ini: IniName, description: string) =>
  setting(
    Type.Union([Type.Literal('cdr'), Type.Literal('bcms')], { default: 'cdr', description }),
    { ini, form: choiceForm({ cdr: 'cdr', bcms: 'bcms' }, 'cdr or bcms') },
  );

/** Names that the relay would take for files that are not finished must not come out of it. */
const nameForm: Form = {
  expects:
    'a file name with <id> in it, at most 100 letters, digits, dots, - and _; also <kind>, <from>, <date> and <time>; not beginning with C- or a dot, not ending like a temporary file',
  read: (value) => {
    const name = value.trim();
    const plain = name.replaceAll(/<(?:kind|from|date|time|id)>/g, 'x');
    const fits = name.length <= 100 && /^[A-Za-z0-9_][\w.-]*$/.test(plain);
    const open = /^C-|\.(?:tmp|temp|part|partial|filepart|crdownload|swp|lock)$/i.test(name);
    return fits && !open && name.includes('<id>') ? name : undefined;
  },
};

/** [CDR]: call records that come over the network, and go into the folder of the relay. */
export const recordSettings = Type.Object({
  link: flag(
    'CDR/RunLink',
    false,
    'Listen for the raw CDR link of Communication Manager (without the Reliable Session Protocol).',
  ),
  linkPort: port('CDR/LinkPort', 9000, 'TCP port of that link, to which the switch connects.'),
  linkPeers: peers(
    'CDR/LinkPeers',
    'Addresses of the switches that may connect, or blocks such as 10.1.0.0/16. Nobody unless named.',
  ),
  linkKind: kind('CDR/LinkKind', 'Where its records go: `cdr` CDRDir, `bcms` BCMSDir.'),
  web: flag(
    'CDR/RunWeb',
    false,
    "Take records by HTTP GET and POST, as innovaphone's CDR gateway sends them.",
  ),
  webPort: port('CDR/WebPort', 8080, 'TCP port of that.'),
  webPath: text(
    'CDR/WebPath',
    '/ap/cdr.fcgi',
    textForm('a path that begins with /, of letters, digits and -._~/', /^\/[\w.~/-]{0,200}$/),
    'Path under which records are taken.',
  ),
  webPeers: peers(
    'CDR/WebPeers',
    'Addresses that may send, or blocks. Nobody unless named, unless there is a WebPassword.',
  ),
  webPassword: secret(
    'CDR/WebPassword',
    'Password that senders show (HTTP Basic, with any user name).',
  ),
  webKind: kind('CDR/WebKind', 'Where these records go: `cdr` CDRDir, `bcms` BCMSDir.'),
  webMaxKB: whole('CDR/WebMaxKB', 64, { from: 1, to: 1024 }, 'Largest record, in kilobytes.'),
  cutKB: whole(
    'CDR/CutKB',
    10_240,
    { from: 1, to: 1_000_000 },
    'A file of records is closed before it is larger than this, in kilobytes.',
  ),
  cutMinutes: whole(
    'CDR/CutMinutes',
    60,
    { from: 1, to: 1440 },
    'Minutes after which a file of records is closed; at midnight it is in any case.',
  ),
  fileName: setting(
    Type.String({
      default: '<kind>_<from>_<date>-<time>_<id>.txt',
      description:
        'Names of these files: `<from>` the address that sent the records, `<date>` and `<time>` of the first one, local, and `<id>`, which keeps names apart for ever.',
    }),
    { ini: 'CDR/FileName', form: nameForm },
  ),
  silenceMinutes: whole(
    'CDR/SilenceMinutes',
    60,
    { from: 0, to: 100_000 },
    'Minutes without a connection or without a record after which the status page says so; 0 = never.',
  ),
});
