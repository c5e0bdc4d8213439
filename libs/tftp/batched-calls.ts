import { getSystemErrorName } from 'node:util';

/** Values of Linux on x64 and arm64 (asm-generic/socket.h, bits/socket.h, netinet/udp.h). */
export const linux = {
  datagramSocket: 2,
  nonBlocking: 0o4000,
  closeOnExec: 0o2000000,
  dontWait: 0x40,
  socketLevel: 1,
  sendBuffer: 7,
  receiveBuffer: 8,
  sendBufferForce: 32,
  receiveBufferForce: 33,
  ipv6Level: 41,
  ipv6Only: 26,
  udpLevel: 17,
  udpSegment: 103,
} as const;

/** System calls that Node does not offer. Addresses of memory are numbers; a negative result is a failure, see `failure`. */
export interface BatchedCalls {
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, name: Buffer, length: number) => number;
  readonly getsockname: (fd: number, name: Buffer, length: Buffer) => number;
  readonly setsockopt: (fd: number, level: number, name: number, v: Buffer, n: number) => number;
  readonly getsockopt: (fd: number, level: number, name: number, v: Buffer, n: Buffer) => number;
  readonly recvmmsg: (fd: number, messages: number, count: number, flags: number) => number;
  readonly sendmmsg: (fd: number, messages: number, count: number, flags: number) => number;
  readonly close: (fd: number) => number;
  /** The name of the last failure, such as `EAGAIN`. */
  readonly failure: () => string;
  /** Where a buffer's first byte lies; it stays there as long as the buffer lives. */
  readonly addressOf: (memory: ArrayBufferLike) => number;
  /** Call back whenever there is something to read, until the returned function is called. */
  readonly onReadable: (fd: number, call: () => void) => () => void;
}

/**
 * The calls by the optional package koffi.
 * @throws whatever keeps them from working here: another system, no such package, another version of it.
 */
export async function loadBatchedCalls(): Promise<BatchedCalls> {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    throw new Error(`not on ${platform} ${arch}: only on Linux on x64 and arm64`);
  const { default: koffi } = await import('koffi');
  const c = koffi.load(null);
  // The third parameter of recvmmsg's five is its time-out; null waits for nothing beside the flags.
  const recvmmsg = c.func('int recvmmsg(int, uintptr_t, unsigned int, int, void *)') as (
    ...args: [number, number, number, number, null]
  ) => number;
  return {
    socket: c.func('int socket(int, int, int)') as BatchedCalls['socket'],
    bind: c.func('int bind(int, void *, unsigned int)') as BatchedCalls['bind'],
    getsockname: c.func('int getsockname(int, void *, void *)') as BatchedCalls['getsockname'],
    setsockopt: c.func(
      'int setsockopt(int, int, int, void *, unsigned int)',
    ) as BatchedCalls['setsockopt'],
    getsockopt: c.func(
      'int getsockopt(int, int, int, void *, void *)',
    ) as BatchedCalls['getsockopt'],
    recvmmsg: (fd, messages, count, flags) => recvmmsg(fd, messages, count, flags, null),
    sendmmsg: c.func('int sendmmsg(int, uintptr_t, unsigned int, int)') as BatchedCalls['sendmmsg'],
    close: c.func('int close(int)') as BatchedCalls['close'],
    failure: () => getSystemErrorName(-koffi.errno()),
    addressOf: (memory) => Number(koffi.address(memory)),
    onReadable: (fd, call) => {
      const handle = koffi.node.poll(fd, { readable: true }, call);
      return () => {
        handle.close();
      };
    },
  };
}
