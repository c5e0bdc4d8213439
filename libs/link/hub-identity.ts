import type { BranchIdentity } from '#libs/identity';

/** Where a hub is, and what a branch shows it. */
export interface HubIdentity extends Pick<
  BranchIdentity,
  'hubId' | 'host' | 'joinPort' | 'authorityPem' | 'certificatePem' | 'keyPem'
> {
  /** Of the hub listener. */
  readonly port: number;
}

/** What a hub's two listeners show: PEM. */
export type HubTls = Pick<BranchIdentity, 'authorityPem' | 'certificatePem' | 'keyPem'>;
