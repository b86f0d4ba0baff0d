/** A real Chromium for the specs that need one; they are skipped, and say so, where there is none. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type Suite, skipFile, suite, temporaryFolder } from '../support/test.js';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** @param webgl false: as in a browser that has none */
export function launchChromium({ webgl = true }: { webgl?: boolean } = {}): Promise<Browser> {
  const graphics = webgl
    ? ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
    : ['--disable-gpu', '--disable-3d-apis'];
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', ...graphics] });
}

export interface InBrowser {
  browser: Browser;
  folder: string;
}

export function inChromium<T extends InBrowser = InBrowser>(
  title: string,
  options: { webgl?: boolean } = {},
): Suite<T> {
  const tests = suite<T>(`${title} in Chromium`);
  tests.before(async (context) => {
    context.browser = await launchChromium(options);
    context.folder = temporaryFolder();
  });
  tests.after(({ browser }) => browser.close());
  if (!existsSync(EXECUTABLE)) skipFile('no Chromium; CHROMIUM names one', title);
  return tests;
}
