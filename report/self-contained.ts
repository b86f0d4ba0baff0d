/** What pages in one file that fetch nothing have in common: bundles, their policy, data. */
import { asset, sha256, utf8 } from '#platform';
import { Fragment, html } from './html.js';

/** The script and the style sheet of the page, as the build bundled them. They are read once. */
interface PageAssets {
  script: string;
  style: string;
}

const read = new Map<string, PageAssets>();

/** @param name of the bundle: `client` is the report's */
export function pageAssets(name: string): PageAssets {
  const found = read.get(name) ?? {
    script: inlined(`${name}.js`, /<\/script|<!--/i),
    style: inlined(`${name}.css`, /<\/style/i),
  };
  read.set(name, found);
  return found;
}

/** @param forbidden matches text that would end the element around it */
function inlined(name: string, forbidden: RegExp): string {
  const text = utf8(asset(`dist/report/${name}`)!);
  if (forbidden.test(text)) throw new Error(`${name} contains ${forbidden}: it cannot be inlined`);
  return text;
}

// The page's Content-Security-Policy (CSP level 3): one script, one style sheet, embedded pictures, no network.

/** @param script, style text of the inlined elements, exactly as it is between the tags; null for no script */
function contentSecurityPolicy(script: string | null, style: string): string {
  return [
    "default-src 'none'",
    ...(script === null ? [] : [`script-src '${sourceHash(script)}'`]),
    `style-src '${sourceHash(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    // Text is never parsed as HTML; nodes are built one by one.
    ...(script === null ? [] : ["require-trusted-types-for 'script'", "trusted-types 'none'"]),
  ].join('; ');
}

function sourceHash(text: string): string {
  return `sha256-${sha256().update(text).digest('base64')}`;
}

/**
 * JSON for `<script type="application/json">`, which cannot end the element or start a comment. Escapes `<`, which
 * covers `</script`, `<!--` and `<script` (HTML, "Restrictions for contents of script elements"), and U+2028 and U+2029
 * for readers that take JSON for JavaScript.
 */
export function embeddedJson(value: unknown): Fragment {
  const json = JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new Fragment(json);
}

/** @param script, style as `contentSecurityPolicy` takes them */
export function pageHead(title: string, script: string | null, style: string): Fragment {
  return html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(script, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – image-drift</title>
<style>${new Fragment(style)}</style>
</head>`;
}

const PICTURE = /^data:image\/(?:jpeg|png|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** An embedded picture; no other address is allowed. @throws TypeError: a bug of the caller */
export function checkPicture(uri: string, name: string): void {
  if (!PICTURE.test(uri))
    throw new TypeError(`${name}.uri: a JPEG, PNG or WebP picture in a base64 data URI is needed`);
}

interface SmallPage {
  title: string;
  /** Name of the bundle. */
  bundle: string;
  body: Fragment;
  /** What the script reads. */
  data: unknown;
}

/** A page with the styles of its bundle. */
export function smallPage({ title, bundle, body, data }: SmallPage): string {
  const { script, style } = pageAssets(bundle);
  return html`<!doctype html>
<html lang="en">
${pageHead(title, script, style)}
<body>
<header class="masthead"><p class="brand">image-drift</p><div data-theme-switch></div></header>
<main id="main" tabindex="-1">
${body}
</main>
<script type="application/json" id="page-data">${embeddedJson(data)}</script>
<script>${new Fragment(script)}</script>
</body>
</html>
`.text;
}
