/** Types whose telephones all call their backup by one name (4600 Series LAN administrator guide). */
const sharedNames: readonly (readonly [RegExp, string])[] = [
  [/^462[0125]/, '4620'],
  [/^16\d\d/, '16xx'],
  [/^96\d\d/, '96xx'],
];

/**
 * The type as the telephone's backup files spell it (`2001_96xxdata.txt`, `2001_4620data.txt`): a number without its
 * hardware version, and one number for types that share their backups.
 */
export function backupType(type: string): string {
  const shared = sharedNames.find(([types]) => types.test(type))?.[1];
  return shared ?? /^[A-Za-z]?\d{3,4}/.exec(type)?.[0] ?? type;
}
