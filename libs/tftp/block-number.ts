/**
 * The 16 bit number on the wire of an absolute block (0 = the answer to the request, 1 = the first data).
 * RFC 1350 says nothing about files of more than 65535 blocks; phones continue with 0, some with 1.
 */
export function wireBlock(block: number, rollover: 0 | 1): number {
  return block <= 0xffff ? block : ((block - 0x10000) % (0x10000 - rollover)) + rollover;
}

/** The absolute block from `from` on that has this number on the wire. */
export function absoluteBlock(wire: number, from: number, rollover: 0 | 1): number {
  const period = 0x10000 - rollover;
  return from + ((((wire - wireBlock(from, rollover)) % period) + period) % period);
}
