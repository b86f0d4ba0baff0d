import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };
/** Code for the page is kept as text, because this program is not compiled for browsers and has no `document`. */
const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Opened {
  page: Page;
  /** Messages of the console that are errors or warnings, and errors that nobody caught. */
  complaints: string[];
  /** Addresses that were asked for, except for the document and what is in it. */
  requests: string[];
}

let files = 0;

export async function open(
  { browser, folder }: { browser: Browser; folder: string },
  html: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Opened> {
  const file = join(folder, `${files++}.html`);
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const opened = await openPage(browser, url, (address) => address === url, options);
  if (options?.javaScriptEnabled !== false) await opened.page.evaluate(TWO_FRAMES);
  return opened;
}

export async function openPage(
  browser: Browser,
  url: string,
  isOwn: (address: string) => boolean,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Opened> {
  const page = await browser.newPage({ viewport: DESKTOP, ...options });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith('data:') && !isOwn(address)) requests.push(address);
  });
  await page.goto(url);
  return { page, complaints, requests };
}

export async function unfold(page: Page): Promise<void> {
  await page.evaluate("for (const details of document.querySelectorAll('main details')) details.open = true");
  await page.evaluate(TWO_FRAMES);
}

export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** @param impacts only those; default: all */
export async function violations(page: Page, impacts?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return found
    .filter(({ impact }) => impacts?.includes(impact) ?? true)
    .map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary}`);
}
