/** A real Chromium for the specs that need one; they are skipped, and say so, where there is none. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type Suite, skipFile, suite, temporaryFolder } from '../support/test.js';

const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export interface Graphics {
  /** False: as in a browser that has none. */
  webgl?: boolean;
  /** True: by Chromium's GPU in software. Chromium on Linux has none otherwise. */
  webgpu?: boolean;
}

export function launchChromium({ webgl = true, webgpu = false }: Graphics = {}): Promise<Browser> {
  const graphics = webgl
    ? ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
    : ['--disable-gpu', '--disable-3d-apis'];
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', ...graphics, ...(webgpu ? WEBGPU : [])],
  });
}

export interface InBrowser {
  browser: Browser;
  folder: string;
}

export function inChromium<T extends InBrowser = InBrowser>(title: string, options: Graphics = {}): Suite<T> {
  const tests = suite<T>(`${title} in Chromium`);
  tests.before(async (context) => {
    context.browser = await launchChromium(options);
    context.folder = temporaryFolder();
  });
  tests.after(({ browser }) => browser.close());
  if (!existsSync(EXECUTABLE)) skipFile('no Chromium; CHROMIUM names one', title);
  return tests;
}
