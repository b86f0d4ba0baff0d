/** The script and the style sheet of the page, as the build bundled them. They are read once. */
import { readFileSync } from 'node:fs';

export interface PageAssets {
  script: string;
  style: string;
}

let read: PageAssets | null = null;

export function pageAssets(): PageAssets {
  read ??= { script: asset('client.js', /<\/script|<!--/i), style: asset('client.css', /<\/style/i) };
  return read;
}

/** @param forbidden matches text that would end the element around it */
function asset(name: string, forbidden: RegExp): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  if (forbidden.test(text)) throw new Error(`${name} contains ${forbidden}: it cannot be inlined`);
  return text;
}
