import { headLines } from './comment.ts';
import type { DhcpNetwork } from './dhcp-network.ts';
import type { PhoneOptions } from './phone-options.ts';

/** A configuration of dnsmasq, or what joins one, for /etc/dnsmasq.d (dnsmasq(8)). */
export function dnsmasqConfig(
  name: string,
  options: PhoneOptions,
  network: DhcpNetwork | undefined,
): string {
  const { tftpName, tftpAddresses, old, modern, notes } = options;
  const lines = [
    ...headLines(name, notes, 'dnsmasq --test --conf-file=FILE').map((line) => `# ${line}`),
    '# Put it into /etc/dnsmasq.d/ and restart dnsmasq. Only DHCP and no DNS: port=0',
    ...(network === undefined
      ? ['', '# The network stands elsewhere; --subnet prints it here']
      : networkLines(network)),
    '',
    ...(tftpName === undefined
      ? []
      : ['# TFTP server: one name or address, then addresses', `dhcp-option=66,"${tftpName}"`]),
    ...(tftpAddresses.length === 0 ? [] : [`dhcp-option=150,${tftpAddresses.join(',')}`]),
    '# Telephones of the 4600 and 5600 series',
    ...(old === '' ? [] : [`dhcp-option=176,"${old}"`]),
    '# Telephones of the 1600, 9600 and J100 series',
    ...(modern === '' ? [] : [`dhcp-option=242,"${modern}"`]),
  ];
  return `${lines.join('\n')}\n`;
}

const networkLines = (network: DhcpNetwork): string[] => [
  '',
  '# Addresses for telephones, and how long they keep one',
  `dhcp-range=${network.first},${network.last},${network.mask},${network.leaseSeconds}s`,
  ...(network.routers.length === 0 ? [] : [`dhcp-option=3,${network.routers.join(',')}`]),
  ...(network.nameServers.length === 0 ? [] : [`dhcp-option=6,${network.nameServers.join(',')}`]),
];
