import fc from 'fast-check';
import { expect, it } from 'vitest';
import { html } from '#libs/pages';

it('lets no value become markup, in text or in an attribute', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom('<', '>', '"', "'", '&', '`', '/', '=', ' ', 'a', '\0', '\u202e')),
  );
  fc.assert(
    fc.property(hostile, (value) => {
      const written = html`<td title="${value}">${value}</td>`.text;
      const inside = /^<td title="([^"]*)">(.*)<\/td>$/s.exec(written);
      expect(inside?.[1]).toBe(inside?.[2]);
      expect(inside?.[1]).not.toMatch(/[<>"'`\0\u202e]|&(?!amp;|lt;|gt;|quot;|#39;|#96;)/);
    }),
    { numRuns: 2_000 },
  );
});
