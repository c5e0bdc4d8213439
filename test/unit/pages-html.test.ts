import { expect, it } from 'vitest';
import { html } from '#libs/pages';

it.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  [`" onload='x' \``, '&quot; onload=&#39;x&#39; &#96;'],
  ['Tom & Jerry', 'Tom &amp; Jerry'],
  ['photo\u202egpj.exe', 'photo\ufffdgpj.exe'],
  ['a\u0000b\u001bc\ud800', 'a\ufffdb\ufffdc\ufffd'],
])('writes %j as text', (value, written) => {
  expect(html`<b title="${value}">${value}</b>`.text).toBe(`<b title="${written}">${written}</b>`);
});

it('joins arrays, nests markup, and leaves nothing for what is not there', () => {
  const cells = ['a', '<'].map((value) => html`<b>${value}</b>`);
  expect(html`<p>${cells}${undefined}${null}${false}${[]}${0}</p>`.text).toBe(
    '<p><b>a</b><b>&lt;</b>0</p>',
  );
});

it('adds nothing around a template without values', () => {
  expect(html`<b>x</b>`.text).toBe('<b>x</b>');
});
