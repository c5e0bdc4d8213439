import { phoneFamilies, type PhoneFamily } from './phone-families.ts';
import type { PhoneObjects } from './phone-objects.ts';

/** How a telephone starts that answers by these objects and calls itself `model`; undefined when none of them is called so. */
export function startingFamily(
  { families }: Pick<PhoneObjects, 'families'>,
  model: string,
): PhoneFamily | undefined {
  const known = phoneFamilies.filter(({ name }) => families.includes(name));
  return (
    known.find(({ models }) => models.test(model)) ?? (known.length === 1 ? known[0] : undefined)
  );
}
