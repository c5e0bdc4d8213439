import { BerReader, element, integerElement, malformed, tag } from './ber.ts';
import { objectBytes, readObject } from './object-identifier.ts';
import { encodeValue, readValue, type SnmpValue } from './snmp-value.ts';

/** An object and its value. */
export interface Binding {
  readonly oid: string;
  readonly value: SnmpValue;
}

/** A question or an answer of SNMP v1 (RFC 1157) or v2c (RFC 1901, RFC 3416). */
export interface SnmpMessage {
  readonly kind: 'get' | 'response';
  readonly version: '1' | '2c';
  /** Bytes as text, one each (latin1). */
  readonly community: string;
  readonly requestId: number;
  /** 0, or why the agent did not do it: see `errorStatus`. */
  readonly errorStatus: number;
  /** From 1: the binding that is at fault. */
  readonly errorIndex: number;
  readonly bindings: readonly Binding[];
}

/** Those of RFC 3416, section 3 that an agent answers to a GET. */
export const errorStatus = { noError: 0, tooBig: 1, noSuchName: 2, genErr: 5 } as const;

const versions = { '1': 0, '2c': 1 } as const;
/** What a UDP datagram can carry. */
const maxMessageBytes = 65_507;
const maxBindings = 128;
const maxCommunityBytes = 255;

export function encodeMessage(message: SnmpMessage): Buffer {
  const bindings = message.bindings.map(({ oid, value }) =>
    element(tag.sequence, element(tag.object, objectBytes(oid)), encodeValue(value)),
  );
  return element(
    tag.sequence,
    integerElement(versions[message.version]),
    element(tag.string, Buffer.from(message.community, 'latin1')),
    element(
      tag[message.kind],
      integerElement(message.requestId),
      integerElement(message.errorStatus),
      integerElement(message.errorIndex),
      element(tag.sequence, ...bindings),
    ),
  );
}

/**
 * Read one datagram. What follows a complete message is ignored: some agents pad.
 * @throws BranchlineError PACKET_MALFORMED for everything that is no GET or response of v1 or v2c, or is out of bounds.
 */
export function decodeMessage(datagram: Buffer): SnmpMessage {
  if (datagram.length > maxMessageBytes) throw malformed(`${datagram.length} bytes are too many`);
  const outer = new BerReader(datagram).sequence();
  const version = versionOf(outer.integer());
  const community = outer.expect(tag.string);
  if (community.length > maxCommunityBytes) throw malformed('its community is too long');
  const { tag: pdu, content } = outer.element();
  if (pdu !== tag.get && pdu !== tag.response) throw malformed(`it holds the unknown PDU ${pdu}`);
  const inner = new BerReader(content);
  return {
    kind: pdu === tag.get ? 'get' : 'response',
    version,
    community: community.toString('latin1'),
    requestId: inner.integer(),
    errorStatus: inner.integer(),
    errorIndex: inner.integer(),
    bindings: readBindings(inner.sequence()),
  };
}

function versionOf(number: number): '1' | '2c' {
  if (number === versions['1']) return '1';
  if (number === versions['2c']) return '2c';
  throw malformed(`version ${number} is neither 1 nor 2c`);
}

function readBindings(list: BerReader): Binding[] {
  const bindings: Binding[] = [];
  while (!list.done) {
    if (bindings.length === maxBindings) throw malformed(`more than ${maxBindings} values`);
    const pair = list.sequence();
    const oid = readObject(pair.expect(tag.object));
    const { tag: kind, content } = pair.element();
    bindings.push({ oid, value: readValue(kind, content) });
  }
  return bindings;
}
