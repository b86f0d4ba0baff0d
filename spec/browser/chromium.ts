/** A real Chromium for the specs that need one; they are skipped, and say so, where there is none. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const hasChromium = existsSync(EXECUTABLE);

/** @param webgl false: as in a browser that has none */
export function launchChromium({ webgl = true }: { webgl?: boolean } = {}): Promise<Browser> {
  const graphics = webgl
    ? ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
    : ['--disable-gpu', '--disable-3d-apis'];
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', ...graphics] });
}
