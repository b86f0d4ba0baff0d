/**
 * The page's Content-Security-Policy (CSP level 3). It allows the page's one script, its one style sheet and its
 * embedded pictures. It forbids network access.
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
    // Text is never parsed as HTML; nodes are built one by one.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
