const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const int = (value: number): Buffer => tlv(0x02, Buffer.from([value]));
const bytes = (...values: readonly number[]): Buffer => tlv(0x04, Buffer.from(values));

/** The tags of an answer and of a report (RFC 3416, section 3). */
export const [response, report] = [0xa2, 0xa8];

/** A v3 message with these msgFlags and a PDU with this tag, encrypted or not (RFC 3412, section 6). */
export const v3Message = (flags: number, pdu: number): Buffer =>
  tlv(
    0x30,
    int(3),
    tlv(0x30, int(1), int(100), bytes(flags), int(3)),
    bytes(1, 2, 3),
    (flags & 2) === 0 ? tlv(0x30, bytes(), bytes(), tlv(pdu, int(1))) : bytes(9, 9, 9),
  );
