/** Telephones that start in the same way. */
export interface PhoneFamily {
  readonly name: string;
  /** Files that are asked for first, in lower case. */
  readonly upgradeFiles: readonly string[];
  /** Files that the upgrade file leads to, in lower case. */
  readonly settingsFiles: readonly string[];
}

/** The families of Avaya telephones and what each asks for at its start. */
export const phoneFamilies: readonly PhoneFamily[] = [
  {
    name: '4600',
    upgradeFiles: ['46xxupgrade.scr'],
    settingsFiles: ['46xxsettings.txt', '46xxsettings.scr'],
  },
  { name: '1600', upgradeFiles: ['16xxupgrade.txt'], settingsFiles: ['46xxsettings.txt'] },
  { name: '9600', upgradeFiles: ['96xxupgrade.txt'], settingsFiles: ['46xxsettings.txt'] },
  {
    name: '96x1 H.323',
    upgradeFiles: ['96x1hupgrade.txt'],
    settingsFiles: ['46xxsettings.txt'],
  },
  { name: '96x1 SIP', upgradeFiles: ['96x1supgrade.txt'], settingsFiles: ['46xxsettings.txt'] },
  { name: 'J100', upgradeFiles: ['j100supgrade.txt'], settingsFiles: ['46xxsettings.txt'] },
  { name: 'K100', upgradeFiles: ['k1xxsupgrade.txt'], settingsFiles: ['46xxsettings.txt'] },
];
