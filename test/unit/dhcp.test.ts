import { expect, it } from 'vitest';
import {
  dhcpNetwork,
  dnsmasqConfig,
  iscConfig,
  keaConfig,
  phoneOptions,
  type PhoneOptions,
  type ServedTo,
} from '#libs/dhcp';

const usual: ServedTo = {
  name: 'lisbon',
  servers: ['192.168.42.1'],
  tftp: { port: 69 },
  http: [81, 80],
  https: [411, 443],
  oldHttps: [],
  callServers: [],
  settings: [],
};

it('tells old telephones TFTP and HTTP, and those of today HTTP and HTTPS', () => {
  expect(phoneOptions(usual)).toMatchObject({
    tftpName: '192.168.42.1',
    tftpAddresses: ['192.168.42.1'],
    old: 'TFTPSRVR=192.168.42.1,HTTPSRVR=192.168.42.1,HTTPPORT=80',
    modern: 'HTTPSRVR=192.168.42.1,HTTPPORT=80,TLSSRVR=192.168.42.1,TLSPORT=411',
  });
});

it('gives each generation the TLS port that speaks its TLS (ADR 011)', () => {
  const { old, modern } = phoneOptions({ ...usual, https: [443], oldHttps: [411] });
  expect(old).toContain('TLSPORT=411');
  expect(modern).toContain('TLSPORT=443');
});

it('names no server that is not there, and no port that nobody can be told', () => {
  const nothing = { ...usual, tftp: undefined, http: [], https: [] };
  const none = { tftpName: undefined, tftpAddresses: [], old: '', modern: '' };
  expect(phoneOptions(nothing)).toMatchObject(none);
  expect(phoneOptions({ ...nothing, tftp: { port: 1069 } })).toMatchObject(none);
});

it('puts names into 66 and addresses into 150, call servers first and more settings last', () => {
  const told = phoneOptions({
    ...usual,
    servers: ['files.example', '192.168.42.2'],
    callServers: ['10.0.0.1', '10.0.0.2'],
    settings: [['L2QVLAN', '5']],
  });
  expect(told.tftpName).toBe('files.example');
  expect(told.tftpAddresses).toEqual(['192.168.42.2']);
  expect(told.modern).toMatch(
    /^MCIPADD=10\.0\.0\.1,10\.0\.0\.2,HTTPSRVR=files\.example,192\.168\.42\.2,/,
  );
  expect(told.modern).toMatch(/,L2QVLAN=5$/);
});

it.each([
  { servers: ['a"b'] },
  { servers: ['192.168.42.1\ndhcp-option=6,6.6.6.6'] },
  { servers: ['a b'] },
  { callServers: ["10.0.0.1'; }"] },
  { settings: [['HTTPDIR', '"; option x']] as const },
  { settings: [['HTTPDIR', 'a\\']] as const },
  { settings: [['HTTPDIR', 'a\nb']] as const },
  { settings: [['no name', 'x']] as const },
  { settings: [['LONG', 'x'.repeat(190)]] as const, servers: ['files.example'] },
])('refuses what would break out of an option, or fit into none: %j', (part) => {
  expect(() => phoneOptions({ ...usual, ...part })).toThrow(
    expect.objectContaining({ code: 'USAGE' }) as Error,
  );
});

const network = dhcpNetwork({
  ...{ subnet: '192.168.42.0/24', routers: ['192.168.42.1'], nameServers: [], leaseSeconds: 3600 },
});

const printers: readonly [string, (name: string, options: PhoneOptions) => string][] = [
  ['dnsmasq', (name, options) => dnsmasqConfig(name, options, network)],
  ['kea', (name, options) => keaConfig(name, options, network, [])],
  ['isc', (name, options) => iscConfig(name, options, network)],
];

it.each(printers)('%s: the name of the server stays in its comment, whatever it is', (_, print) => {
  const options = phoneOptions(usual);
  const body = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !/^(?:#|\/\/)/.test(line))
      .join('\n');
  const plain = body(print('lisbon', options));
  const names = [
    'a\ndhcp-option=6,6.6.6.6',
    'a\r\noption x;',
    'a\u2028b\u2029c\u0085d',
    '*/ } "',
    'ends with \\',
    `${'x'.repeat(5000)}\n}`,
    '\u202e\u0000',
  ];
  for (const name of names) expect(body(print(name, options))).toBe(plain);
});

it('knows a network, and refuses what is none', () => {
  expect(network).toMatchObject({
    mask: '255.255.255.0',
    first: '192.168.42.10',
    last: '192.168.42.254',
  });
  const ask = { routers: [], nameServers: [], leaseSeconds: 60 };
  for (const subnet of ['192.168.42.5/24', '192.168.42.0', '::/64', '192.168.42.0/31', 'x/24']) {
    expect(() => dhcpNetwork({ ...ask, subnet })).toThrow();
  }
  for (const range of ['192.168.43.1-192.168.43.9', '192.168.42.9-192.168.42.1', '192.168.42.1']) {
    expect(() => dhcpNetwork({ ...ask, subnet: '192.168.42.0/24', range })).toThrow();
  }
  expect(dhcpNetwork({ ...ask, subnet: '10.0.0.0/8' })).toMatchObject({ mask: '255.0.0.0' });
});
