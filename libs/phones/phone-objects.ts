/** Where the telephones of one family keep who they are: object identifiers below Avaya's enterprise number 6889. */
export interface PhoneObjects {
  readonly family: string;
  /** Names of `phoneFamilies`: those of them that answer so. */
  readonly families: readonly string[];
  /** SIG in their scripts: 1 is H.323, 2 is SIP; undefined where they know no such variable. */
  readonly signalling?: '1' | '2';
  /** What sysObjectID begins with. */
  readonly system: string;
  /** The logged-in extension: the first of these that holds one. */
  readonly extension: readonly string[];
  readonly type: string;
  readonly firmware?: string;
  readonly serial?: string;
  /** Six octets. */
  readonly mac?: string;
  readonly group?: string;
  /** How the last load of firmware ended: 0 well, 1 not stored, 2 failed. */
  readonly load?: string;
  /** How the last upgrade script was read: 0 well, 1 not interpreted, 2 not obtained. */
  readonly script?: string;
}

/** sysObjectID.0 (RFC 3418): the agent's kind. */
export const systemObject = '1.3.6.1.2.1.1.2.0';

const avaya = '1.3.6.1.4.1.6889';

/** The objects of Avaya's MIBs for IP telephones; those of 4600 are the Guide's own (p. 26 and 33). */
export const phoneObjects: readonly PhoneObjects[] = [
  {
    family: '4600',
    families: ['4600'],
    system: `${avaya}.1.69.1`,
    extension: [`${avaya}.2.69.1.4.9.0`],
    type: `${avaya}.2.69.1.1.2.0`,
    firmware: `${avaya}.2.69.1.3.2.0`,
    serial: `${avaya}.2.69.1.1.6.0`,
    group: `${avaya}.2.69.1.1.58.0`,
    load: `${avaya}.2.69.1.3.3.0`,
    script: `${avaya}.2.69.1.3.1.0`,
  },
  {
    family: '1600',
    families: ['1600'],
    system: `${avaya}.1.69.3`,
    extension: [`${avaya}.2.69.3.6.3.0`],
    type: `${avaya}.2.69.3.1.43.0`,
    firmware: `${avaya}.2.69.3.1.58.0`,
    serial: `${avaya}.2.69.3.1.46.0`,
    mac: `${avaya}.2.69.3.1.42.0`,
  },
  {
    family: '96x0 and 96x1 H.323',
    families: ['9600', '96x1 H.323'],
    signalling: '1',
    system: `${avaya}.1.69.2`,
    extension: [`${avaya}.2.69.2.6.3.0`],
    type: `${avaya}.2.69.2.1.43.0`,
    firmware: `${avaya}.2.69.2.1.4.0`,
    serial: `${avaya}.2.69.2.1.46.0`,
    mac: `${avaya}.2.69.2.1.42.0`,
    group: `${avaya}.2.69.2.1.27.0`,
    load: `${avaya}.2.69.2.3.1.0`,
    script: `${avaya}.2.69.2.3.2.0`,
  },
  {
    family: 'J100 and 96x1 SIP',
    families: ['J100', '96x1 SIP', 'K100'],
    signalling: '2',
    system: `${avaya}.1.69.6`,
    extension: [`${avaya}.2.69.6.7.26.0`, `${avaya}.2.69.6.7.27.0`],
    type: `${avaya}.2.69.6.1.52.0`,
    firmware: `${avaya}.2.69.6.1.4.0`,
    serial: `${avaya}.2.69.6.1.57.0`,
    mac: `${avaya}.2.69.6.1.50.0`,
  },
];

/** The family whose agents call themselves so by sysObjectID. */
export const objectsOf = (system: string): PhoneObjects | undefined =>
  phoneObjects.find((known) => system === known.system || system.startsWith(`${known.system}.`));
