/** Longest header that is looked at. */
const maxLength = 1024;

/**
 * The password in `Authorization: Basic …` (RFC 7617). Avaya telephones send the address of their call server as the
 * user, which changes when they go over to another one: only the password tells who they are.
 */
export function basicPassword(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxLength) return undefined;
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(header) ?? [];
  // One character for each byte: what it means in any alphabet does not matter for comparing.
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = text.indexOf(':');
  const password = colon === -1 ? '' : text.slice(colon + 1);
  return password === '' ? undefined : password;
}
