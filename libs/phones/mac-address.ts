/** Twelve hexadecimal digits in lower case, or undefined when `text` is no MAC address in a usual spelling. */
export function parseMac(text: string): string | undefined {
  const digits = text.replace(/(?<=[0-9a-f]{2})[:.-](?=[0-9a-f]{2})/gi, '').toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return digits === '000000000000' || digits === 'ffffffffffff' ? undefined : digits;
}
