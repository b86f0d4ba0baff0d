/**
 * The page's Content-Security-Policy (CSP level 3): it runs the one script and uses the one style sheet that were put
 * into it, shows pictures that are in it, and asks nothing of any network.
 */
import { createHash } from 'node:crypto';

/** @param script, style text of the inlined elements, exactly as it stands between the tags */
export function contentSecurityPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src '${sourceHash(script)}'`,
    `style-src '${sourceHash(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    // No text is ever parsed as HTML: nodes are built one by one.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
