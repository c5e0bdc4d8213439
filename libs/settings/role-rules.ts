import { defaultHubPort } from './link-settings.ts';
import { parseHostPort, type HostPort } from './host-port.ts';
import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';

/** A hub that this server asks; they are asked in order. */
export interface UpstreamAddress extends HostPort {
  readonly name: 'primary' | 'secondary';
}

const wants = [
  ['BACKUP_SERVERS/RequestUpdates', 'requestUpdates'],
  ['BACKUP_SERVERS/RequestBackup', 'requestBackup'],
  ['BACKUP_SERVERS/CDRBackup', 'cdrBackup'],
  ['BACKUP_SERVERS/BCMSBackup', 'bcmsBackup'],
] as const;

/** Roles that contradict each other; returns the hubs that are to be asked. */
export function checkRoles(values: SettingsValues, report: RuleReport): UpstreamAddress[] {
  const { backupServers, https, hub } = values;
  if (https.useProxy && https.proxyAddr === '') {
    report.fault(
      'HTTPS/UseProxy',
      'needs ProxyAddr, the host name or IP address of the proxy',
      'HTTPS/ProxyAddr',
    );
  }
  if (hub.peerHub && hub.peerName === '') {
    report.fault(
      'HUB/PeerHub',
      'needs PeerName, the name under which the other hub joined this one',
      'HUB/PeerName',
    );
  }
  if (hub.peerHub && !backupServers.fileServer) {
    report.fault('HUB/PeerHub', 'is for hubs: set FileServer=1', 'BACKUP_SERVERS/FileServer');
  }
  if (hub.peerMirror && !hub.peerHub) {
    report.fault(
      'HUB/PeerMirror',
      'is for a pair: join the other server by `branchline join STRING --peer-hub NAME`, which sets PeerHub=1',
      'HUB/PeerHub',
    );
  }
  const upstreams = [
    usedServer('primary', backupServers.usePrimary, backupServers.primary, report),
    usedServer('secondary', backupServers.useSecondary, backupServers.secondary, report),
  ].flat();
  for (const [ini, name] of wants) {
    // A hub that only receives records sets these too (Guide, figure 7, p. 44).
    const receives = backupServers.fileServer && (name === 'cdrBackup' || name === 'bcmsBackup');
    const asks = backupServers.usePrimary || backupServers.useSecondary;
    if (!backupServers[name] || receives || asks) continue;
    report.fault(
      ini,
      'has nobody to ask: set UsePrimarySvr=1 or UseSecondarySvr=1 and its address',
      'BACKUP_SERVERS/UsePrimarySvr',
      'BACKUP_SERVERS/UseSecondarySvr',
    );
  }
  return withoutEchoes(upstreams, values, report);
}

const addressOf = {
  primary: { ini: 'BACKUP_SERVERS/PrimaryIP', use: 'BACKUP_SERVERS/UsePrimarySvr' },
  secondary: { ini: 'BACKUP_SERVERS/SecondaryIP', use: 'BACKUP_SERVERS/UseSecondarySvr' },
} as const satisfies Record<UpstreamAddress['name'], Record<string, IniName>>;

function usedServer(
  name: UpstreamAddress['name'],
  used: boolean,
  text: string,
  report: RuleReport,
): UpstreamAddress[] {
  if (!used) return [];
  const address = parseHostPort(text, defaultHubPort);
  if (address !== undefined) return [{ name, ...address }];
  const { ini, use } = addressOf[name];
  report.fault(
    use,
    `needs ${ini.slice(ini.indexOf('/') + 1)}, the address of the file server`,
    ini,
  );
  return [];
}

/** A server that names itself, as the Guide's Windows sample does, or names one hub twice. */
function withoutEchoes(
  upstreams: readonly UpstreamAddress[],
  { server, hub, backupServers }: SettingsValues,
  report: RuleReport,
): UpstreamAddress[] {
  const kept: UpstreamAddress[] = [];
  for (const upstream of upstreams) {
    const { ini } = addressOf[upstream.name];
    const isSelf =
      backupServers.fileServer && upstream.host === server.ipAddress && upstream.port === hub.port;
    if (isSelf) report.warn(ini, 'is this server itself, by IPAddress; it is not asked');
    else if (kept.some(({ host, port }) => host === upstream.host && port === upstream.port)) {
      report.warn(ini, 'is the primary file server already; it is asked once');
    } else kept.push(upstream);
  }
  return kept;
}
