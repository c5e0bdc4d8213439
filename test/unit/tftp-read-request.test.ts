import { describe, expect, it } from 'vitest';
import { encodePacket, type Packet } from '../../libs/tftp/packet.ts';
import { RequestBook } from '../../libs/tftp/read-request.ts';

const reading = (file: string, mode = 'octet'): Buffer =>
  encodePacket({ kind: 'read', file, mode, options: new Map([['tsize', '0']]) });

describe('read requests by their bytes', () => {
  it('takes the same bytes for the same request, and others for another', () => {
    const book = new RequestBook();
    const first = book.read(reading('46xxsettings.txt'));
    expect(first).toMatchObject({ file: '46xxsettings.txt', netascii: false });
    expect(book.read(reading('46xxsettings.txt'))).toBe(first);
    expect(book.read(reading('46xxSettings.txt'))).not.toBe(first);
    expect(book.read(reading('46xxsettings.txt', 'netascii'))).toMatchObject({ netascii: true });
  });

  it('forgets what it was asked once too many names come, and remembers no long one', () => {
    const book = new RequestBook();
    const first = book.read(reading('first.txt'));
    for (let n = 0; n < 256; n += 1) book.read(reading(`${n}.cfg`));
    expect(book.read(reading('first.txt'))).not.toBe(first);
    const long = reading('x'.repeat(300));
    expect(book.read(long)).not.toBe(book.read(long));
  });

  it('leaves what is no read request, or in an unknown mode, as it is', () => {
    const book = new RequestBook();
    const kindOf = (read: ReturnType<RequestBook['read']>): Packet['kind'] | undefined =>
      'kind' in read ? read.kind : undefined;
    expect(kindOf(book.read(encodePacket({ kind: 'ack', block: 1 })))).toBe('ack');
    expect(kindOf(book.read(reading('a', 'mail')))).toBe('read');
    expect(() => book.read(Buffer.from([0, 9, 0, 0]))).toThrow(
      expect.objectContaining({ code: 'PACKET_MALFORMED' }),
    );
  });
});
