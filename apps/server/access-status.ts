import type { AccessRule, TreeDelivery } from '#libs/delivery';
import type { AccessRuleStatus } from '#libs/pages';
import type { Listener } from './listeners.ts';

/** The access rule of every tree that a server reads from. */
export async function accessStatus(
  delivery: TreeDelivery,
  listeners: readonly Listener[],
): Promise<AccessRuleStatus[]> {
  const served = new Set(listeners.map(({ protocol }) => protocol));
  const rules = await delivery.rules();
  return rules
    .filter(({ tree }) => served.has(tree.toLowerCase()) || (tree === 'FTP' && served.has('ftps')))
    .map(({ tree, rule }) => ({ tree, ...ruleStatus(rule) }));
}

function ruleStatus(rule: AccessRule): Omit<AccessRuleStatus, 'tree'> {
  const none = { list: null, lines: 0, faults: 0, firstFaults: [], why: null };
  switch (rule.kind) {
    case 'open':
      return { ...none, state: 'open' };
    case 'closed':
      return { ...none, state: 'closed', list: rule.name, why: rule.why };
    case 'list': {
      const { size, faultCount, faults } = rule.list;
      return {
        ...{ ...none, state: 'list', list: rule.name, lines: size, faults: faultCount },
        firstFaults: faults.map((fault) => ({ ...fault })),
      };
    }
  }
}
