import { describe, expect, it } from 'vitest';
import { createToken, decodeJoinString, encodeJoinString, hashToken } from '#libs/identity';

const { token, tokenHash } = createToken();
const parts = {
  host: 'hub.example.com',
  joinPort: 4412,
  hubPort: 4411,
  branch: 'lisbon',
  token,
  pin: `sha256/${'A'.repeat(43)}`,
  hubId: '0b8f7f3c-6f0e-4e0a-9a57-9a4d9f1c2b3d',
};
const line = encodeJoinString(parts);
const invalid: unknown = expect.objectContaining({ code: 'JOIN_STRING_INVALID' });

describe('a join string', () => {
  it('is one line without anything to quote, and brings all parts back', () => {
    expect(line).toMatch(/^branchline-join-1\.[\w-]+\.[\w-]+$/);
    expect(decodeJoinString(line)).toEqual(parts);
  });

  it('survives the line breaks of a mail program', () => {
    const wrapped = `  ${line.replaceAll(/(.{40})/g, '$1\r\n')}\n`;
    expect(wrapped).not.toBe(line);
    expect(decodeJoinString(wrapped)).toEqual(parts);
  });

  it('is refused wherever it is cut', () => {
    for (let length = 0; length < line.length; length += 1) {
      expect(() => decodeJoinString(line.slice(0, length))).toThrow(invalid);
      expect(() => decodeJoinString(line.slice(line.length - length))).toThrow(invalid);
    }
  });

  it('is refused when two letters changed places, or one its case', () => {
    for (let at = 0; at + 1 < line.length; at += 1) {
      const swapped =
        line.slice(0, at) + line.charAt(at + 1) + line.charAt(at) + line.slice(at + 2);
      if (swapped !== line) expect(() => decodeJoinString(swapped)).toThrow(invalid);
      const upper = line.slice(0, at) + line.charAt(at).toUpperCase() + line.slice(at + 1);
      if (upper !== line) expect(() => decodeJoinString(upper)).toThrow(invalid);
    }
  });

  it.each([
    { host: 'hub.example.com/x' },
    { joinPort: 0 },
    { hubPort: 65_536 },
    { branch: '../x' },
    { token: 'short' },
    { pin: 'sha256/short' },
    { hubId: 'x' },
  ])('is refused with %j, however well it is signed', (strange) => {
    expect(() => decodeJoinString(encodeJoinString({ ...parts, ...strange }))).toThrow(invalid);
  });

  it('tells one of a later version from garbage', () => {
    expect(() => decodeJoinString(line.replace('join-1', 'join-2'))).toThrow(/version/);
  });
});

it('never tells a token by its hash', () => {
  expect(tokenHash).toBe(hashToken(token));
  expect(tokenHash).toMatch(/^[0-9a-f]{64}$/);
  expect(createToken().token).not.toBe(token);
});
