/** The address of a peer as its owner would write it: IPv4 reaches a listener on `::` under a mapped address. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') === true && address.includes('.')
    ? address.slice('::ffff:'.length)
    : address;
}
