import { Type } from 'typebox';
import { branchStates } from '#libs/observe';
import { closed, count, list, orNull, text, time } from './schema-words.ts';

/** What the newest scan of a branch found. */
const branchScan = Type.Object(
  {
    at: time('End of the scan, by the clock of the branch'),
    asked: count('Addresses that were asked'),
    phones: count('Telephones that answered'),
    current: count('Telephones that run what they would get there'),
    behind: count('Telephones that run something older or something else'),
    ahead: count('Telephones that run something newer'),
    unknown: count('Telephones of which that cannot be told'),
    failed: count('Telephones whose last load of firmware failed'),
    silent: count('Addresses where nothing answered'),
    versions: list(
      Type.Object(
        {
          family: orNull(text('Family that they name by SNMP')),
          firmware: orNull(text('What they run')),
          standing: Type.Enum(['current', 'behind', 'ahead', 'unknown']),
          phones: count('Telephones'),
        },
        closed,
      ),
      32,
    ),
  },
  { ...closed, description: 'Its newest scan of telephones; absent before the first' },
);

/** What a hub knows of a branch, but for its state. */
export const branchFacts = {
  name: text('Name of the branch'),
  lastSeenAt: orNull(time('Last check-in')),
  intervalS: orNull(count('Seconds between two check-ins, as the branch says')),
  releaseVersion: orNull(count('Release that the branch has published')),
  lastError: orNull(
    Type.Object(
      {
        code: text('Error code'),
        sentence: text('What happened, and where'),
        advice: text('What to do'),
        at: orNull(time('When')),
      },
      closed,
    ),
  ),
  version: orNull(text('Version of Branchline there')),
  certificateDaysLeft: orNull(Type.Integer({ description: 'Negative: expired' })),
  clockSkewS: orNull(Type.Integer({ description: 'Branch clock minus hub clock, in seconds' })),
  freeBytes: orNull(count('Free bytes on the disk of its data')),
  scan: Type.Optional(branchScan),
};

/** A branch as the status of its hub shows it. */
export const branchSchema = Type.Object(
  { ...branchFacts, state: Type.Enum([...branchStates]) },
  closed,
);
