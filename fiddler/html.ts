/** Web pages that come where an API's answer should: from proxies, login pages, load balancers. */
import { quoted } from '../errors/index.js';

export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype html|<html|<head|<body|<\?xml)/i.test(text.slice(0, 1000));
}

/** `a web page "Sign in"`. */
export function describeHtml(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 20_000))?.[1]?.trim();
  return title ? `a web page ${quoted(title)}` : 'a web page';
}
