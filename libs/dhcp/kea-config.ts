import { headLines } from './comment.ts';
import type { DhcpNetwork } from './dhcp-network.ts';
import type { PhoneOptions } from './phone-options.ts';

/** A configuration of Kea's DHCPv4 server, with the comments that it takes (Kea ARM, "DHCPv4 Server"). */
export function keaConfig(
  name: string,
  options: PhoneOptions,
  network: DhcpNetwork | undefined,
  interfaces: readonly string[],
): string {
  const { notes, old, modern, tftpAddresses } = options;
  const config = {
    Dhcp4: {
      'interfaces-config': { interfaces },
      'lease-database': { type: 'memfile', persist: true },
      ...(network !== undefined && { 'valid-lifetime': network.leaseSeconds }),
      'option-def': [
        ...(tftpAddresses.length === 0
          ? []
          : [{ ...definition('tftp-servers', 150, 'ipv4-address'), array: true }]),
        ...(old === '' ? [] : [definition('telephones-4600', 176, 'string')]),
        ...(modern === '' ? [] : [definition('telephones-9600', 242, 'string')]),
      ],
      'option-data': optionData(options),
      subnet4: network === undefined ? [] : [subnet(network)],
    },
  };
  const head = headLines(name, notes, 'kea-dhcp4 -t FILE').map((line) => `// ${line}`);
  return `${[
    ...head,
    '// In /etc/kea/kea-dhcp4.conf; the interface to serve belongs into "interfaces"',
    '// 66 and 150: TFTP server. 176: telephones of the 4600 and 5600 series. 242: of the 1600, 9600 and J100 series',
    JSON.stringify(config, undefined, 2),
  ].join('\n')}\n`;
}

const definition = (name: string, code: number, type: string) => ({
  ...{ name, code, type, space: 'dhcp4' },
});

const optionData = ({ tftpName, tftpAddresses, old, modern }: PhoneOptions): object[] => [
  ...(tftpName === undefined ? [] : [{ name: 'tftp-server-name', data: tftpName }]),
  ...(tftpAddresses.length === 0 ? [] : [{ name: 'tftp-servers', data: tftpAddresses.join(', ') }]),
  ...text('telephones-4600', old),
  ...text('telephones-9600', modern),
];

/** A comma ends a field, unless a backslash stands in front of it. */
const text = (name: string, value: string): object[] =>
  value === '' ? [] : [{ name, data: value.replaceAll(',', '\\,') }];

const subnet = ({ address, bits, first, last, routers, nameServers }: DhcpNetwork): object => ({
  id: 1,
  subnet: `${address}/${bits}`,
  pools: [{ pool: `${first} - ${last}` }],
  'option-data': [
    ...(routers.length === 0 ? [] : [{ name: 'routers', data: routers.join(', ') }]),
    ...(nameServers.length === 0
      ? []
      : [{ name: 'domain-name-servers', data: nameServers.join(', ') }]),
  ],
});
