import type { Got, Phone } from './phone-servers.ts';
import { askFtp, type FtpRequest } from './phones/ftp-wire.ts';
import { runClient } from './real-client.ts';

type Protocol = 'ftp' | 'ftps';

/** A line ends an FTP command; no client can say a name with one. */
const sayable = (name: string): boolean => !/[\r\n\0]/.test(name);

/** What the server's last reply means: the code that it names in brackets, as 550 stands for many things (RFC 959 § 4.2.2). */
function told(reply: string): Got {
  if (/^55[03] .*\(NOT_FOUND\)/.test(reply)) return 'not found';
  return /^55[03] /.test(reply) ? 'refused' : 'failed';
}

const own = (protocol: Protocol): Phone => ({
  protocol,
  client: 'own',
  says: sayable,
  async get({ port }, name) {
    const { status, body } = await askFtp(request(protocol, port, name));
    if (status === 200) return body;
    if (status === 404) return 'not found';
    return status === 403 ? 'refused' : 'failed';
  },
  async abandon({ port }, name, signal) {
    await askFtp({ ...request(protocol, port, name), signal }).catch(() => undefined);
  },
});

const request = (protocol: Protocol, port: number, name: string): FtpRequest => ({
  ...{ host: '127.0.0.1', port, from: '127.0.0.1', name, mode: 'passive' },
  secure: protocol === 'ftps',
  keptBytes: 64 * 1024 * 1024,
});

const curl = (protocol: Protocol): Phone => ({
  protocol,
  client: 'curl',
  says: sayable,
  async get({ port }, name) {
    const target = name.split('/').map(encodeURIComponent).join('/');
    const url = `${protocol}://127.0.0.1:${port}/${target}`;
    const args = ['-svk', '--path-as-is', '--ftp-method', 'nocwd', '--ignore-content-length', url];
    const { status, stdout, stderr } = await runClient('curl', args);
    return status === 0 ? stdout : told(lastReply(stderr, /^< (\d{3} .*?)\r?$/gm));
  },
});

/** It tidies names up before it asks, and reads some characters as its own. With `cmd:fail-exit` it never ends after a 550. */
const lftp = (protocol: Protocol): Phone => ({
  protocol,
  client: 'lftp',
  says: (name) => /^[\w./ +%-]*$/.test(name) && !/\.\.|^\/|%|\.$/.test(name),
  async get({ port }, name) {
    const script = [
      'set net:max-retries 1; set net:timeout 5;',
      `set ssl:verify-certificate no; set ftp:ssl-allow ${protocol === 'ftps' ? 'yes' : 'no'};`,
      'set file:charset utf-8; set ftp:charset utf-8;',
      `open ${protocol}://127.0.0.1:${port}; cat "${name.replaceAll('\\', '\\\\')}"`,
    ].join(' ');
    const { status, stdout, stderr } = await runClient('lftp', ['-c', script]);
    return status === 0 ? stdout : told(/\d{3} .*?\(\w+\)/.exec(stderr)?.[0] ?? '');
  },
});

/** The last reply that was not the farewell. */
const lastReply = (text: string, line: RegExp): string =>
  [...text.matchAll(line)]
    .map(([, reply = '']) => reply)
    .findLast((reply) => /^[45]/.test(reply)) ?? '';

export const ftpPhones: readonly Phone[] = [
  own('ftp'),
  own('ftps'),
  curl('ftp'),
  curl('ftps'),
  lftp('ftp'),
  lftp('ftps'),
];
