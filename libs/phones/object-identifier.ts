/** RFC 2578, section 3.5: an object identifier has at most 128 numbers, each of 32 bits. */
export const maxArcs = 128;
export const maxArc = 0xffff_ffff;

/**
 * An object identifier in one spelling, numbers with dots between them and none in front, or undefined when `text` is
 * none: `.1.3.6` becomes `1.3.6`.
 */
export function parseObjectIdentifier(text: string): string | undefined {
  if (!/^\.?\d{1,10}(\.\d{1,10}){1,127}$/.test(text)) return undefined;
  const arcs = text.replace(/^\./, '').split('.').map(Number);
  const [first = 0, second = 0] = arcs;
  if (first > 2 || (first < 2 && second > 39) || arcs.some((arc) => arc > maxArc)) return undefined;
  return first === 2 && second > maxArc - 80 ? undefined : arcs.join('.');
}
