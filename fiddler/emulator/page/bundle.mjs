/**
 * Makes the page's script and style sheet: `page/client/` → `dist/page/client.js`, `client.css`.
 *
 * The package's build runs it, after the type check. No library is in it.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

await build({
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
  entryPoints: { client: 'page/client/main.ts' },
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  format: 'esm',
  // The first ones with light-dark(), which the style sheet asks for.
  target: ['chrome123', 'firefox128', 'safari17.5'],
  legalComments: 'none',
  logLevel: 'warning',
});
