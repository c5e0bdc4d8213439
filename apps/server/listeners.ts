import type { ListenerStatus } from '#libs/pages';

/** A part that has ports. */
export interface Listener {
  /** For people. */
  readonly label: string;
  readonly protocol: string;
  /** What is bound now; empty while it is not listening. */
  readonly addresses: () => readonly { readonly address: string; readonly port: number }[];
  /** What people should know of it at this moment; may be empty. */
  readonly detail?: () => string;
}

export function listenerStatus(listeners: readonly Listener[]): ListenerStatus[] {
  return listeners.flatMap(({ label, protocol, addresses, detail }) =>
    addresses().map(({ address, port }) => ({
      name: label,
      protocol,
      address,
      port,
      state: 'listening' as const,
      detail: detail?.() ?? '',
    })),
  );
}

/** For parts that have one port. */
export const boundAt = (
  address: string,
  port: number | undefined,
): readonly { readonly address: string; readonly port: number }[] =>
  port === undefined ? [] : [{ address, port }];
