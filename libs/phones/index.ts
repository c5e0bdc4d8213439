export {
  addressNumber,
  addressOf,
  parseRange,
  parseRanges,
  rangeText,
  sayRanges,
  type AddressRange,
} from './address-range.ts';
export { backupType } from './backup-type.ts';
export { parseMac } from './mac-address.ts';
export { readPhoneFile, readUserAgent, type PhoneClaim } from './phone-claim.ts';
export { phoneFamilies, type PhoneFamily, type ScriptManners } from './phone-families.ts';
export { maxArc, maxArcs, parseObjectIdentifier } from './object-identifier.ts';
export type { IdentifyPhone, PhoneIdentity } from './phone-identity.ts';
export { objectsOf, phoneObjects, systemObject, type PhoneObjects } from './phone-objects.ts';
export { compareFirmware, type FirmwareOrder } from './firmware-name.ts';
export { startingFamily } from './starting-family.ts';
export { plainAddress } from './plain-address.ts';
export { isScriptName, scriptReader, type PhoneFacts } from './phone-facts.ts';
export {
  Script,
  type ScriptEnd,
  type ScriptReader,
  type ScriptRun,
  type ScriptSetting,
  type ScriptStep,
} from './script-run.ts';
