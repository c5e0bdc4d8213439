import { headLines } from './comment.ts';
import type { DhcpNetwork } from './dhcp-network.ts';
import type { PhoneOptions } from './phone-options.ts';

/** A configuration of ISC's dhcpd, as the Guide has one (p. 51; dhcpd.conf(5), dhcp-options(5)). */
export function iscConfig(
  name: string,
  options: PhoneOptions,
  network: DhcpNetwork | undefined,
): string {
  const { tftpName, tftpAddresses, old, modern, notes } = options;
  const lines = [
    ...headLines(name, notes, 'dhcpd -t -cf FILE').map((line) => `# ${line}`),
    '# In /etc/dhcp/dhcpd.conf',
    '',
    'option tftp-servers code 150 = array of ip-address;',
    'option telephones-4600 code 176 = text;',
    'option telephones-9600 code 242 = text;',
    '',
    ...(tftpName === undefined
      ? []
      : [
          '# TFTP server: one name or address, then addresses',
          `option tftp-server-name "${tftpName}";`,
        ]),
    ...(tftpAddresses.length === 0 ? [] : [`option tftp-servers ${tftpAddresses.join(', ')};`]),
    '# Telephones of the 4600 and 5600 series',
    ...(old === '' ? [] : [`option telephones-4600 "${old}";`]),
    '# Telephones of the 1600, 9600 and J100 series',
    ...(modern === '' ? [] : [`option telephones-9600 "${modern}";`]),
    ...(network === undefined
      ? ['', '# The network stands elsewhere; --subnet prints it here']
      : networkLines(network)),
  ];
  return `${lines.join('\n')}\n`;
}

const networkLines = (network: DhcpNetwork): string[] => [
  '',
  `default-lease-time ${network.leaseSeconds};`,
  `max-lease-time ${network.leaseSeconds * 2};`,
  `subnet ${network.address} netmask ${network.mask} {`,
  `  range ${network.first} ${network.last};`,
  ...(network.routers.length === 0 ? [] : [`  option routers ${network.routers.join(', ')};`]),
  ...(network.nameServers.length === 0
    ? []
    : [`  option domain-name-servers ${network.nameServers.join(', ')};`]),
  '}',
];
