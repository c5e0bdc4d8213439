export { phoneFamilies, type PhoneFamily } from './phone-families.ts';
export type { IdentifyPhone, PhoneIdentity } from './phone-identity.ts';
export { plainAddress } from './plain-address.ts';
