export { backupType } from './backup-type.ts';
export { parseMac } from './mac-address.ts';
export { phoneFamilies, type PhoneFamily } from './phone-families.ts';
export type { IdentifyPhone, PhoneIdentity } from './phone-identity.ts';
export { objectsOf, phoneObjects, systemObject, type PhoneObjects } from './phone-objects.ts';
export { plainAddress } from './plain-address.ts';
