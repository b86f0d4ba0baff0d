/** `base/math` in browsers, whose own functions of Math differ from Node's in up to a sixth of all values. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { checksums, NODE_20 } from '../support/math-checksums.js';
import { assert, packageRoot, suite } from '../support/test.js';
import { inChromium } from './chromium.js';
import { hasFirefox, launchFirefox } from './firefox.js';

async function inBrowser(): Promise<string> {
  const entry = join(packageRoot, 'dist/spec/support/math-checksums.js');
  const options = { bundle: true, format: 'iife', globalName: 'bundled', write: false } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  return `(() => { ${outputFiles[0]!.text}; return bundled.${checksums.name}(); })()`;
}

inChromium('base/math')('the bits of Node 20', async ({ browser }) => {
  const page = await browser.newPage();
  assert.equal(await page.evaluate(await inBrowser()), NODE_20);
  await page.close();
});

if (hasFirefox) {
  suite('base/math in Firefox')('the bits of Node 20', async () => {
    const firefox = await launchFirefox();
    try {
      assert.equal(await firefox.evaluate('about:blank', await inBrowser()), NODE_20);
    } finally {
      await firefox.close();
    }
  });
}
