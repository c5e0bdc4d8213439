/** A heading of the guide to the former product (16-601433, July 2006), as its table of contents has it. */
export interface GuideSection {
  readonly chapter: number;
  readonly page: number;
  readonly title: string;
}

/** By chapter: page and title, the chapter's own first. */
const contents: readonly (readonly (readonly [page: number, title: string])[])[] = [
  [[5, 'Introduction']],
  [
    [9, 'Modes of Operation'],
    [9, 'Introduction'],
    [10, 'Basic Operation'],
    [10, 'Use Case Scenario'],
    [11, 'Basic Server + File Server Client'],
    [11, 'Use Case Scenario'],
    [12, 'Central File Server'],
    [12, 'Use Case Scenario'],
    [13, 'Both Basic Server and Central File Server'],
    [13, 'Use Case Scenario'],
  ],
  [
    [15, 'File Locations'],
    [15, 'Individual Server Descriptions'],
    [15, 'TFTP Server with Default Port 69'],
    [16, 'FTP Server Using Default Ports 21/20'],
    [17, 'Accessing the File Server Application from an FTP Client Program'],
    [17, 'HTTP/HTTPS Servers with Default Ports 411/81/80'],
  ],
  [
    [19, 'Installing the Linux Server'],
    [20, 'Linux Directory Structure'],
    [21, 'MV_IPTel .ini Configuration File'],
    [21, 'Sample .ini File Format'],
  ],
  [
    [27, 'Installing the Windows Server'],
    [28, 'Windows Directory Structure'],
    [29, 'MV_IPTel .ini Configuration File'],
    [29, 'Sample .ini File Format'],
  ],
  [
    [35, 'Optimizing the Server'],
    [35, 'WatchDog Operation'],
    [37, 'HeartBeat Redundant Server'],
    [37, 'Updating Firmware'],
    [38, 'FTP File Server Backup Operation'],
    [39, 'Backup Using the IP Telephone File Server Application as a File Server'],
    [39, 'Backup Using Automatic Archive'],
    [40, 'Improving TFTP Reliability'],
    [41, 'IP Access Control Lists'],
    [42, 'Overriding Downloads'],
    [42, 'Scanning IP Telephone Firmware'],
    [43, 'Copying CDR/BCMS Data'],
  ],
  [
    [45, 'Maintaining Operations and Troubleshooting'],
    [45, 'Maintaining Operations'],
    [45, 'Checking Linux Operation'],
    [46, 'Checking Windows Operation'],
    [46, 'Checking Application Status'],
    [48, 'Troubleshooting'],
  ],
  [[51, 'DHCP Server Administration']],
  [
    [53, 'HeartBeat'],
    [53, 'How HeartBeat Works'],
    [54, 'MV_IPTelD Considerations'],
    [54, 'Basic Assumptions for Easy Installation'],
    [55, 'Disabling Auto-Start of the Daemon'],
    [55, 'SNMP Configuration of IP Telephones'],
    [55, 'HeartBeat Installation and Configuration'],
    [56, 'Configuration File: ha.cf'],
    [56, 'Configuration File: haresources'],
    [57, 'Configuration File: authkeys'],
    [57, 'Controlling HeartBeat'],
    [58, 'Installing and Configuring RSYNC'],
    [58, 'Enabling the RSYNC Server'],
    [58, 'RSYNCD.CONF'],
    [59, 'RSYNCHOURLY.SH'],
    [59, 'Network Time Protocol'],
    [60, 'NTP.CONF'],
  ],
];

/** Every chapter and section; the guide has no appendix, and its index is none. */
export const guideSections: readonly GuideSection[] = contents.flatMap((sections, at) =>
  sections.map(([page, title]) => ({ chapter: at + 1, page, title })),
);
