/** What a section is about, for a heading. */
const words: Readonly<Record<string, string>> = {
  Settings: 'This server: its name, status page, log and folders',
  FTP: 'Backups of telephones by FTP, and the super user',
  FTPS: 'The same by FTP over TLS',
  TFTP: 'Files for telephones by TFTP',
  HTTP: 'Files for telephones by HTTP',
  HTTPS: 'Files for telephones by HTTPS, and the way to the hub',
  BACKUP_SERVERS: 'The hubs above this server, and what goes to them',
  SNMP: 'How telephones are asked who they are',
  UPDATES: 'What becomes of an update',
  UPLOADS: 'What telephones may save by HTTP',
  CDR: 'Call records that come over the network',
  ALARMS: 'What is an alarm, and who is told',
  SCAN: 'Which telephones are asked for their firmware, and when',
  HUB: 'What this server is for its branches',
  MANAGER: 'This web administration',
};

export const sectionWords = (section: string): string => words[section] ?? '';
