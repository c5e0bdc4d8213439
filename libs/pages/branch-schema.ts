import { Type } from 'typebox';
import { branchStates } from '#libs/observe';
import { closed, count, orNull, text, time } from './schema-words.ts';

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
};

/** A branch as the status of its hub shows it. */
export const branchSchema = Type.Object(
  { ...branchFacts, state: Type.Enum([...branchStates]) },
  closed,
);
