import { element, malformed, numberElement, readInteger, readUnsigned, tag } from './ber.ts';
import { objectBytes, readObject } from './object-identifier.ts';

/** The value of one object (RFC 3416, section 3); the last three say that the agent has none. */
export type SnmpValue =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'counter32' | 'gauge32' | 'timeTicks'; readonly value: number }
  | { readonly kind: 'counter64'; readonly value: bigint }
  | { readonly kind: 'string' | 'opaque'; readonly bytes: Buffer }
  | { readonly kind: 'object'; readonly oid: string }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' };

/** True when the agent has a value for the object that it was asked for. */
export const isPresent = ({ kind }: SnmpValue): boolean =>
  kind !== 'null' &&
  kind !== 'noSuchObject' &&
  kind !== 'noSuchInstance' &&
  kind !== 'endOfMibView';

export function encodeValue(value: SnmpValue): Buffer {
  switch (value.kind) {
    case 'integer':
    case 'counter32':
    case 'gauge32':
    case 'timeTicks':
    case 'counter64':
      return numberElement(tag[value.kind], BigInt(value.value));
    case 'string':
    case 'opaque':
      return element(tag[value.kind], value.bytes);
    case 'object':
      return element(tag.object, objectBytes(value.oid));
    case 'address':
      return element(tag.address, Buffer.from(value.address.split('.').map(Number)));
    case 'null':
    case 'noSuchObject':
    case 'noSuchInstance':
    case 'endOfMibView':
      return element(tag[value.kind]);
  }
}

/** @throws BranchlineError PACKET_MALFORMED. */
export function readValue(found: number, content: Buffer): SnmpValue {
  switch (found) {
    case tag.integer:
      return { kind: 'integer', value: readInteger(content) };
    case tag.counter32:
      return { kind: 'counter32', value: Number(readUnsigned(content, 32)) };
    case tag.gauge32:
      return { kind: 'gauge32', value: Number(readUnsigned(content, 32)) };
    case tag.timeTicks:
      return { kind: 'timeTicks', value: Number(readUnsigned(content, 32)) };
    case tag.counter64:
      return { kind: 'counter64', value: readUnsigned(content, 64) };
    case tag.string:
      return { kind: 'string', bytes: content };
    case tag.opaque:
      return { kind: 'opaque', bytes: content };
    case tag.object:
      return { kind: 'object', oid: readObject(content) };
    case tag.address:
      if (content.length !== 4) throw malformed('an address has not four bytes');
      return { kind: 'address', address: [...content].join('.') };
    case tag.null:
      return { kind: 'null' };
    case tag.noSuchObject:
      return { kind: 'noSuchObject' };
    case tag.noSuchInstance:
      return { kind: 'noSuchInstance' };
    case tag.endOfMibView:
      return { kind: 'endOfMibView' };
    default:
      throw malformed(`a value has the unknown tag ${found}`);
  }
}
