import { maxBlockSize, type Options } from './packet.ts';

/** What server and phone agreed on for one transfer. */
export interface Agreement {
  /** Bytes of data in a block. */
  readonly blockSize: number;
  /** Blocks sent before an acknowledgement is awaited. */
  readonly windowSize: number;
  /** The phone's retransmission interval in milliseconds, when it named one. */
  readonly timeoutMs: number | undefined;
  /** The number that follows block 65535: 0, or 1 where the phone asked for it. */
  readonly rollover: 0 | 1;
  /** To be sent in an OACK; empty when there is nothing to acknowledge. */
  readonly acknowledged: Options;
}

/** What a server is willing to agree to. */
export interface NegotiationLimits {
  /** Bytes; 65464 is the most that RFC 2348 knows. Lower it where fragments are lost on the way. */
  readonly blockSize: number;
  /** Blocks; bursts of more than 32 overrun the 100 Mbit/s switch inside a phone. */
  readonly windowSize: number;
}

const minBlockSize = 8;
const defaultBlockSize = 512;

/**
 * Choose among the options of a read request (RFC 2347–2349, 7440). Too large a value is lowered to ours, a senseless
 * one is left out: refusing the request (ERROR 8) would leave a phone without its file.
 */
export function negotiate(asked: Options, size: number, limits: NegotiationLimits): Agreement {
  const acknowledged = new Map<string, string>();
  let blockSize = defaultBlockSize;
  let windowSize = 1;
  let timeoutMs: number | undefined;
  let rollover: 0 | 1 = 0;
  for (const [name, text] of asked) {
    const value = wholeNumber(text);
    if (value === undefined) continue;
    switch (name) {
      case 'blksize':
        if (value < minBlockSize) continue;
        blockSize = Math.min(value, limits.blockSize, maxBlockSize);
        acknowledged.set(name, String(blockSize));
        break;
      case 'windowsize':
        if (value < 1) continue;
        windowSize = Math.min(value, limits.windowSize);
        acknowledged.set(name, String(windowSize));
        break;
      case 'timeout':
        if (value < 1 || value > 255) continue;
        timeoutMs = value * 1000;
        acknowledged.set(name, String(value));
        break;
      case 'tsize':
        // curl takes a size of 0 for an error; an empty file needs no announcement.
        if (size > 0) acknowledged.set(name, String(size));
        break;
      case 'rollover':
        if (value !== 0 && value !== 1) continue;
        rollover = value;
        acknowledged.set(name, String(value));
        break;
      default:
    }
  }
  return { blockSize, windowSize, timeoutMs, rollover, acknowledged };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
