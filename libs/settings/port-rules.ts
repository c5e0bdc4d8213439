import type { RuleReport } from './rule-report.ts';
import type { SettingsValues } from './schema.ts';
import type { IniName } from './setting.ts';

interface Listener {
  readonly ini: IniName;
  readonly switches: readonly IniName[];
  readonly ports: readonly number[];
}

/** Two TCP listeners on one port: only one of them would get it. Port 0 is any free one. */
export function checkPorts(values: SettingsValues, report: RuleReport): void {
  const taken = new Map<number, Listener>();
  for (const listener of tcpListeners(values)) {
    const ports = listener.ports.filter((port) => port !== 0);
    const distinct = new Set(ports);
    if (distinct.size < ports.length) report.fault(listener.ini, 'names a port twice');
    for (const port of distinct) {
      const first = taken.get(port);
      if (first === undefined) taken.set(port, listener);
      else reportClash(port, first, listener, report);
    }
  }
}

/** At a port that was set, for only there it can be changed. */
function reportClash(port: number, first: Listener, second: Listener, report: RuleReport): void {
  const [about, other] = report.isSet(second.ini) ? [second, first] : [first, second];
  const { section, key } = report.subject(other.ini);
  const byDefault = report.isSet(other.ini) ? '' : ' by default';
  report.fault(
    about.ini,
    `takes TCP port ${port}, which [${section}] ${key} has${byDefault}; give one of them another`,
    other.ini,
    ...about.switches,
    ...other.switches,
  );
}

function tcpListeners(values: SettingsValues): Listener[] {
  const { server, ftp, ftps, http, https, hub, manager, backupServers, records } = values;
  const when = (on: boolean, listener: Listener): Listener[] => (on ? [listener] : []);
  const hubSwitch: IniName[] = ['BACKUP_SERVERS/FileServer'];
  return [
    ...when(ftp.enabled, { ini: 'FTP/FTPPort', switches: ['FTP/RunFTP'], ports: [ftp.port] }),
    ...when(ftps.enabled, { ini: 'FTPS/FTPSPort', switches: ['FTPS/RunFTPS'], ports: [ftps.port] }),
    ...when(http.enabled, { ini: 'HTTP/HTTPPort', switches: ['HTTP/RunHTTP'], ports: http.ports }),
    ...when(https.enabled, {
      ini: 'HTTPS/HTTPSPort',
      switches: ['HTTPS/RunHTTPS'],
      // Those of OldTLSPort that are named here too are one listener's.
      ports: https.ports.filter((port) => !https.oldTlsPorts.includes(port)),
    }),
    ...when(https.enabled, {
      ini: 'HTTPS/OldTLSPort',
      switches: ['HTTPS/RunHTTPS'],
      ports: https.oldTlsPorts,
    }),
    ...when(server.runStatus, {
      ini: 'Settings/StatusPort',
      switches: ['Settings/RunStatus'],
      ports: [server.statusPort],
    }),
    ...when(backupServers.fileServer, {
      ini: 'HUB/HubPort',
      switches: hubSwitch,
      ports: [hub.port],
    }),
    ...when(backupServers.fileServer, {
      ini: 'HUB/JoinPort',
      switches: hubSwitch,
      ports: [hub.joinPort],
    }),
    ...when(records.link, {
      ini: 'CDR/LinkPort',
      switches: ['CDR/RunLink'],
      ports: [records.linkPort],
    }),
    ...when(records.web, {
      ini: 'CDR/WebPort',
      switches: ['CDR/RunWeb'],
      ports: [records.webPort],
    }),
    { ini: 'MANAGER/ManagerPort', switches: [], ports: [manager.port] },
  ];
}
