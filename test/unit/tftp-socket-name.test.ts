import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedPeer, PeerBook, readSocketName, socketName } from '../../libs/tftp/socket-name.ts';

describe('the name by which the kernel knows a peer', () => {
  it('of an IPv4 address is its sockaddr_in', () => {
    expect(socketName('127.0.0.1', 69).toString('hex')).toBe(`020000457f000001${'00'.repeat(8)}`);
  });

  it('of an IPv6 address is its sockaddr_in6, the interface included', () => {
    const address = `fe80${'00'.repeat(13)}07`;
    const expected = `0a001f9000000000${address}03000000`;
    expect(socketName('fe80::7%3', 8080).toString('hex')).toBe(expected);
  });

  it.each([
    '0.0.0.0',
    '255.1.2.3',
    '::',
    '::1',
    '2001:db8::1:0:0:7',
    '::ffff:192.0.2.7',
    'fe80::1%2',
  ])('of %s reads back as it was', (address) => {
    expect(readSocketName(socketName(address, 65_535))).toEqual({ address, port: 65_535 });
  });

  it('reads back whatever the address', () => {
    const any = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        const name = socketName(address, port);
        const read = readSocketName(name);
        expect(read.port).toBe(port);
        expect(socketName(read.address, port)).toEqual(name);
      }),
    );
  });
});

describe('the peers that were heard', () => {
  const heard = (book: PeerBook, address: string, port: number) => {
    const words = new Uint32Array(16);
    const bytes = Buffer.from(words.buffer);
    socketName(address, port).copy(bytes, 16);
    return book.at(words, 4, bytes);
  };

  it('are the same object for the same address and port, in both families', () => {
    const book = new PeerBook();
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const peer = heard(book, address, 1000);
      expect(peer).toMatchObject({ address, port: 1000, key: `${address} 1000` });
      expect(heard(book, address, 1000)).toBe(peer);
      expect(heard(book, address, 1001)).not.toBe(peer);
    }
    expect(heard(book, '192.0.2.2', 1000)).not.toBe(heard(book, '192.0.2.1', 1000));
  });

  it('are forgotten before they fill the memory', () => {
    const book = new PeerBook();
    const first = heard(book, '192.0.2.1', 1);
    for (let port = 2; port <= 8192; port += 1) heard(book, '192.0.2.1', port);
    expect(heard(book, '192.0.2.1', 1)).toBe(first);
    heard(book, '192.0.2.2', 1);
    const again = heard(book, '192.0.2.1', 1);
    expect(again).not.toBe(first);
    expect(again).toEqual(namedPeer(socketName('192.0.2.1', 1)));
  });
});
