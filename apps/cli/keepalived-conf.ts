import { BlockList, isIP } from 'node:net';
import { BranchlineError } from '#libs/errors';

/** One server of a redundant pair, as keepalived is to know it (keepalived.conf(5)). */
export interface PairNode {
  /** The address of the pair, with its prefix, such as 10.1.0.5/24. */
  readonly address: string;
  readonly interface: string;
  /** Own address and the other server's. */
  readonly own: string;
  readonly peer: string;
  /** 1 to 255, the same at both and no other pair's in this network. */
  readonly routerId: number;
  readonly statusPort: number;
  /** Absolute. */
  readonly check: string;
  readonly notify: string;
}

/**
 * Two servers, one address: the one that has it keeps it while it is well, also when the other comes back (nopreempt), so
 * that a return disturbs no telephone.
 * @throws BranchlineError USAGE with what is wrong.
 */
export function keepalivedConf(node: PairNode): string {
  requireNode(node);
  const { address, own, peer, routerId, statusPort, check, notify } = node;
  return `# Branchline: two servers, one address. Written by \`branchline ha keepalived\` for ${own}; the other server has a file of its own.
# Into /etc/keepalived/keepalived.conf, then: systemctl enable --now keepalived
global_defs {
    enable_script_security
    script_user nobody
    # Switches and telephones that missed the first hear it again, and soon: after a split they may look for it at the other.
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 2
    # VRRP 3 knows parts of a second: who does not hear the other one for two takes over.
    vrrp_version 3
}

vrrp_script branchline {
    script "${check} ${statusPort}"
    interval 1
    timeout 2
    fall 2
    rise 2
}

vrrp_instance branchline_${routerId} {
    # Both begin so: the address goes to one that is well, and stays there.
    state BACKUP
    nopreempt
    interface ${node.interface}
    virtual_router_id ${routerId}
    priority ${priorityOf(own)}
    advert_int 0.5
    # Not by multicast, which many switches drop.
    unicast_src_ip ${own}
    unicast_peer {
        ${peer}
    }
    virtual_ipaddress {
        ${address} dev ${node.interface}
    }
    track_script {
        branchline
    }
    notify ${notify}
}
`;
}

/**
 * Another one at each, without anybody having to choose: the last part of its address. None is small: VRRP waits the longer,
 * the smaller it is (RFC 5798 § 6.1, Skew_Time).
 */
function priorityOf(own: string): number {
  const last = own.includes(':')
    ? Number.parseInt(own.slice(own.lastIndexOf(':') + 1) || '0', 16)
    : Number(own.slice(own.lastIndexOf('.') + 1));
  return (last % 200) + 55;
}

/** keepalived would read blanks, braces and exclamation marks as more of its own language. */
const word = /^[\w./:@-]+$/;

function requireNode({ address, own, peer, routerId, interface: device, check, notify }: PairNode) {
  const [shared = '', prefix = ''] = address.split('/');
  const family = isIP(shared);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) < 1 || Number(prefix) > most) {
    throw usage(`--address ${address}: wants the pair's address with its prefix, as 10.1.0.5/24`);
  }
  for (const [option, value] of [
    ['--own', own],
    ['--peer', peer],
  ] as const) {
    if (isIP(value) !== family) throw usage(`${option} ${value}: is no IPv${family} address`);
    const net = new BlockList();
    const kind = family === 6 ? 'ipv6' : 'ipv4';
    net.addSubnet(shared, Number(prefix), kind);
    if (!net.check(value, kind)) {
      throw usage(`${option} ${value}: is not in the network of ${address}`);
    }
  }
  if (new Set([shared, own, peer]).size < 3) {
    throw usage('--address, --own and --peer: are three different addresses');
  }
  if (!Number.isInteger(routerId) || routerId < 1 || routerId > 255) {
    throw usage(`--router-id ${routerId}: is a number from 1 to 255`);
  }
  for (const value of [device, check, notify]) {
    if (!word.test(value)) throw usage(`${JSON.stringify(value)}: is no name for keepalived`);
  }
}

const usage = (what: string): BranchlineError => new BranchlineError('USAGE', what);
