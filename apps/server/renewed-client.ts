import type { BranchIdentity, IdentityFolder } from '#libs/identity';
import type { Service } from '#libs/lifecycle';
import { HubClient, renewIdentity, Renewal } from '#libs/link';
import type { Runtime } from './runtime.ts';
import type { BranchPlan } from './server-plan.ts';

export interface RenewedClientOptions {
  readonly identities: IdentityFolder;
  readonly saved: BranchIdentity;
  /** Where the hub is today, by the settings; as it was at joining when they do not say. */
  readonly place?: { readonly host: string; readonly port: number } | undefined;
  readonly proxy: BranchPlan['proxy'];
  /** For the log. */
  readonly peer: string;
  readonly runtime: Runtime;
}

/** A link to a hub that was joined, whose certificate renews itself. */
export interface RenewedClient {
  readonly client: HubClient;
  readonly services: readonly Service[];
  /** As it is now. */
  readonly identity: () => BranchIdentity;
}

export function renewedClient(options: RenewedClientOptions): RenewedClient {
  const { identities, saved, place, proxy, peer, runtime } = options;
  const { clock, log, version } = runtime;
  let identity = saved;
  const linkIdentity = (): BranchIdentity & { port: number } => ({
    ...identity,
    host: place?.host ?? saved.host,
    port: place?.port ?? saved.hubPort,
  });
  const client = new HubClient({
    identity: linkIdentity(),
    proxy,
    version,
    log: log.child({ peer }),
    clock,
  });
  const renewal = new Renewal({
    of: 'branch',
    current: () => identity.certificatePem,
    renew: async (signal) => {
      const next = await renewIdentity(client, identity, signal);
      await identities.save(next);
      identity = next;
      client.useIdentity(linkIdentity());
    },
    seed: identity.branch,
    clock,
    log,
  });
  return {
    client,
    services: [
      renewal,
      { name: `link to ${peer}`, start: async () => {}, stop: () => client.close() },
    ],
    identity: () => identity,
  };
}
