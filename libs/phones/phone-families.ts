/** What the readers of scripts do differently; undefined where no source says it. */
export interface ScriptManners {
  /** When a file that a script names is not there: does the rest of the script count? */
  readonly failedGet: 'goes on' | 'stops' | undefined;
  /** Do capitals matter where a condition compares? */
  readonly comparison: 'exact' | 'any case' | undefined;
}

/** Telephones that start in the same way. */
export interface PhoneFamily {
  readonly name: string;
  /** Files that are asked for first, in lower case. */
  readonly upgradeFiles: readonly string[];
  /** Files that the upgrade file leads to, in lower case. */
  readonly settingsFiles: readonly string[];
  /** What their models are called. */
  readonly models: RegExp;
  readonly script: ScriptManners;
}

const settingsFiles = ['46xxsettings.txt'];

/** The families of Avaya telephones and what each asks for at its start. */
export const phoneFamilies: readonly PhoneFamily[] = [
  {
    name: '4600',
    upgradeFiles: ['46xxupgrade.scr'],
    settingsFiles: ['46xxsettings.txt', '46xxsettings.scr'],
    models: /^[45]6\d\d/,
    script: { failedGet: 'stops', comparison: 'any case' },
  },
  {
    name: '1600',
    upgradeFiles: ['16xxupgrade.txt'],
    settingsFiles,
    models: /^16\d\d/,
    script: { failedGet: 'goes on', comparison: 'any case' },
  },
  {
    name: '9600',
    upgradeFiles: ['96xxupgrade.txt'],
    settingsFiles,
    models: /^96[1-7]0/,
    script: { failedGet: 'goes on', comparison: undefined },
  },
  {
    name: '96x1 H.323',
    upgradeFiles: ['96x1hupgrade.txt'],
    settingsFiles,
    models: /^96(?:08|[0-4]1)/,
    script: { failedGet: 'goes on', comparison: 'exact' },
  },
  {
    name: '96x1 SIP',
    upgradeFiles: ['96x1supgrade.txt'],
    settingsFiles,
    models: /^96(?:08|[0-4]1)/,
    script: { failedGet: 'goes on', comparison: 'exact' },
  },
  {
    name: 'J100',
    upgradeFiles: ['j100supgrade.txt'],
    settingsFiles,
    models: /^J1\d\d/i,
    script: { failedGet: 'goes on', comparison: undefined },
  },
  {
    name: 'K100',
    upgradeFiles: ['k1xxsupgrade.txt'],
    settingsFiles,
    models: /^K1\d\d/i,
    script: { failedGet: undefined, comparison: undefined },
  },
];
