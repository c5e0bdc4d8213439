import { expect, it } from 'vitest';
import { keepalivedConf, type PairNode } from '../../apps/cli/keepalived-conf.ts';

const node: PairNode = {
  address: '10.1.0.5/24',
  interface: 'eth0',
  own: '10.1.0.3',
  peer: '10.1.0.4',
  routerId: 51,
  statusPort: 6090,
  check: '/usr/lib/branchline/packaging/ha/check-server',
  notify: '/usr/lib/branchline/packaging/ha/notify',
};

it('gives each of a pair another priority, and neither takes the address back', () => {
  const priority = (own: string, peer: string): string | undefined =>
    /priority (\d+)/.exec(keepalivedConf({ ...node, own, peer }))?.[1];
  expect(priority('10.1.0.3', '10.1.0.4')).not.toBe(priority('10.1.0.4', '10.1.0.3'));
  expect(keepalivedConf(node)).toContain('nopreempt');
});

it('takes over within two seconds, and is found again as soon after a split', () => {
  const conf = keepalivedConf(node);
  const seconds = (key: string): number =>
    Number(new RegExp(`^ +${key} ([\\d.]+)$`, 'm').exec(conf)?.[1]);
  // RFC 5798 § 6.1: three advertisements and a skew. Parts of a second are of version 3.
  const [advert, priority] = [seconds('advert_int'), seconds('priority')];
  expect(advert * (3 + (256 - priority) / 256)).toBeLessThan(2);
  expect(seconds('vrrp_version')).toBe(3);
  expect(seconds('vrrp_garp_master_refresh')).toBeLessThanOrEqual(2);
});

it.each<[string, Partial<PairNode>]>([
  ['an address without its prefix', { address: '10.1.0.5' }],
  ['a prefix that is too long', { address: '10.1.0.5/33' }],
  ['an own address elsewhere', { own: '10.2.0.3' }],
  ['a peer of the other family', { peer: 'fe80::1' }],
  ['the same address twice', { peer: '10.1.0.3' }],
  ['no number', { routerId: Number.NaN }],
  ['a number beyond 255', { routerId: 256 }],
  ['a device that would go on in its language', { interface: 'eth0 }\nnotify /bin/sh' }],
  ['a script with a blank', { check: '/opt/my server/check' }],
])('refuses %s', (_what, change) => {
  expect(() => keepalivedConf({ ...node, ...change })).toThrow(
    expect.objectContaining({ code: 'USAGE' }),
  );
});

it('takes IPv6', () => {
  const six = { address: '2001:db8::5/64', own: '2001:db8::3', peer: '2001:db8::4' };
  expect(keepalivedConf({ ...node, ...six })).toContain('2001:db8::5/64 dev eth0');
});
