import { parseObjectIdentifier } from '#libs/phones';
import type { Settings } from '#libs/settings';
import type { SnmpPlan } from './server-plan.ts';

/** The table of families holds for the Guide's own objects (p. 26 and 33); others are an operator's choice. */
const guideObjects = {
  extension: '1.3.6.1.4.1.6889.2.69.1.4.9.0',
  type: '1.3.6.1.4.1.6889.2.69.1.1.2.0',
};

/** How telephones are asked who they are; undefined with UseSNMP=0. Part of `planOf`. */
export function snmpPlan({ values: { snmp }, snmpAccess: access }: Settings): SnmpPlan | undefined {
  if (access === undefined) return undefined;
  const objects = {
    extension: parseObjectIdentifier(snmp.extObject) ?? guideObjects.extension,
    type: parseObjectIdentifier(snmp.typeObject) ?? guideObjects.type,
  };
  return {
    access,
    port: snmp.port,
    timeoutMs: (access.timeoutSeconds ?? snmp.timeoutSeconds) * 1_000,
    tries: (access.retries ?? snmp.retries) + 1,
    objects,
    objectsChosen:
      objects.extension !== guideObjects.extension || objects.type !== guideObjects.type,
    keepMs: snmp.cacheSeconds * 1_000,
    keepFailureMs: snmp.failureSeconds * 1_000,
  };
}
