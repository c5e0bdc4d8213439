/**
 * The programs that tests run as a stranger would, and the Debian package that brings each.
 * `npm test` installs what is missing where it may; elsewhere the tests that need it are skipped and counted.
 */
export const clients = {
  aiosmtpd: 'python3-aiosmtpd',
  atftp: 'atftp',
  bash: 'bash',
  busybox: 'busybox',
  cp: 'coreutils',
  curl: 'curl',
  debootstrap: 'debootstrap',
  dhcpd: 'isc-dhcp-server',
  dnsmasq: 'dnsmasq-base',
  'dpkg-deb': 'dpkg',
  git: 'git',
  ip: 'iproute2',
  'kea-dhcp4': 'kea-dhcp4-server',
  keepalived: 'keepalived',
  lftp: 'lftp',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  mount: 'mount',
  nc: 'netcat-openbsd',
  nsenter: 'util-linux',
  openssl: 'openssl',
  perl: 'perl',
  prlimit: 'util-linux',
  python3: 'python3',
  rsync: 'rsync',
  rsyslogd: 'rsyslog',
  sha256sum: 'coreutils',
  snmpd: 'snmpd',
  snmpget: 'snmp',
  snmptrapd: 'snmptrapd',
  strace: 'strace',
  sync: 'coreutils',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  'systemd-nspawn': 'systemd-container',
  tar: 'tar',
  tftp: 'tftp-hpa',
  umount: 'mount',
  unshare: 'util-linux',
  unzip: 'unzip',
  wget: 'wget',
  zip: 'zip',
} as const;

export type Client = keyof typeof clients;

export function isClient(name: string): name is Client {
  return Object.hasOwn(clients, name);
}
