export { dhcpNetwork, type AskedNetwork, type DhcpNetwork } from './dhcp-network.ts';
export { dnsmasqConfig } from './dnsmasq-config.ts';
export { iscConfig } from './isc-config.ts';
export { keaConfig } from './kea-config.ts';
export { phoneOptions, type PhoneOptions, type ServedTo } from './phone-options.ts';
