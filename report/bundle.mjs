/**
 * Makes the page's script and style sheet: `report/client/` and what it imports → `dist/report/client.js`, `client.css`.
 *
 * Run by `npm run build`, after the type check. The licences of the libraries go along, in `client.licenses.txt`.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'dist', 'report');

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { client: 'report/client/main.ts' },
  outdir: 'dist/report',
  bundle: true,
  minify: true,
  treeShaking: true,
  format: 'iife',
  // The first ones with light-dark(), which the style sheet asks for.
  target: ['chrome123', 'firefox128', 'safari17.5'],
  // All bytes are ASCII, so that the hash in the policy cannot depend on how the file is read.
  charset: 'ascii',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

writeFileSync(join(out, 'client.licenses.txt'), licences(bundledPackages(Object.keys(metafile.inputs))));

/** Folders of the packages that the bundle has code of, sorted. */
function bundledPackages(inputs) {
  const folders = inputs.flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

function licences(folders) {
  return folders
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined || !existsSync(join(root, folder, file))) throw new Error(`${name}: no licence file`);
      return `${name} ${version}\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
