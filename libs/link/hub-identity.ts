/** Where a hub is, and what a branch shows it, as PEM. The content of an IdentityFolder fits. */
export interface HubIdentity {
  readonly host: string;
  readonly port: number;
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}
