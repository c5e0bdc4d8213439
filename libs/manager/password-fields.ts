import { html, type Html } from '#libs/pages';
import { passwordLength } from './accounts.ts';

/** A new password, twice; `named` tells the fields of two forms of one page apart. */
export function newPasswordFields(label: string, named = ''): Html {
  const { from } = passwordLength;
  const [id, again] = [`${named}password`, `${named}again`];
  return html`<label for="${id}">${label}, ${from} characters or more</label>
    <input
      id="${id}"
      name="password"
      type="password"
      autocomplete="new-password"
      minlength="${from}"
      required
    />
    <label for="${again}">The same again</label>
    <input id="${again}" name="again" type="password" autocomplete="new-password" required />`;
}
