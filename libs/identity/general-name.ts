import { isIP } from 'node:net';

/** A host name or an address as a certificate lists it. */
export function generalName(value: string): { type: 'dns' | 'ip'; value: string } {
  return { type: isIP(value) === 0 ? 'dns' : 'ip', value };
}
