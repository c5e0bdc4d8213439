/** The other end, as the kernel names it. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** Equal for the same address and port. */
  readonly key: string;
}

export const peerOf = (address: string, port: number): Peer => ({
  address,
  port,
  key: `${address} ${port}`,
});
