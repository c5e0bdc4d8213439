export { CommunityClient, type CommunityOptions } from './community-client.ts';
export type { ProvenPhone } from './identity-answer.ts';
export {
  decodeMessage,
  encodeMessage,
  errorStatus,
  type Binding,
  type SnmpMessage,
} from './message.ts';
export { snmpReader, type ReaderOptions, type SnmpAccess } from './open-reader.ts';
export { PhoneIdentifier, type IdentifierOptions } from './phone-identifier.ts';
export type { Patience, SnmpReader, StrangeAnswers } from './snmp-reader.ts';
export { extensionForm, macOf, plainText, textOf, typeForm } from './phone-value.ts';
export { isPresent, type SnmpValue } from './snmp-value.ts';
export { UserClient, type UserOptions } from './user-client.ts';
export { libraryUser, type UserCredentials } from './user-credentials.ts';
export { isProtected, ShieldedSocket } from './v3-shield.ts';
