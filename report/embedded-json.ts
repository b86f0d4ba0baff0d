/**
 * JSON for `<script type="application/json">`. Its text cannot end the element or start a comment.
 *
 * Escapes `<`, which covers `</script`, `<!--` and `<script` (HTML, "Restrictions for contents of script elements").
 * Escapes U+2028 and U+2029 too, for readers that take JSON for JavaScript.
 */
import { Fragment } from './html.js';

export function embeddedJson(value: unknown): Fragment {
  const json = JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new Fragment(json);
}
