import type { Service } from '#libs/lifecycle';
import type { IdentifyPhone } from '#libs/phones';
import { PhoneIdentifier, snmpReader, type ProvenPhone } from '#libs/snmp';
import type { Runtime } from './runtime.ts';
import type { ServerPlan } from './server-plan.ts';

/** Who is this telephone: asked at its own address, for the servers that keep its backups. */
export interface IdentityPart {
  readonly service: Service;
  readonly identify: IdentifyPhone;
}

/** Undefined when telephones are not asked (UseSNMP=0). */
export function identityPart(
  { snmp, bindAddress }: ServerPlan,
  { clock }: Pick<Runtime, 'clock'>,
  onProven?: (phone: ProvenPhone) => void,
): IdentityPart | undefined {
  if (snmp === undefined) return undefined;
  const { access, port, timeoutMs, tries } = snmp;
  const reader = snmpReader(access, { port, timeoutMs, tries, bindAddress });
  const identifier = new PhoneIdentifier({ ...snmp, reader, clock, onProven });
  return { service: reader, identify: identifier.identify };
}
