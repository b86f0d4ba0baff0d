/** A step that bundles a page's script and style sheet with esbuild, and keeps the licences of the libraries in it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolVersion } from './files.mjs';

/** The first browsers with light-dark(), which the style sheets ask for. */
const BROWSERS = ['chrome123', 'firefox128', 'safari17.5'];

/**
 * @param entry the script; it imports its styles
 * @param out path of the outputs without their endings: `.js`, `.css` and `.licenses.txt`
 */
export function bundle(root, name, entry, out) {
  return {
    name,
    key: toolVersion(root, 'esbuild'),
    sources: () => [entry],
    async run() {
      const { build } = await import('esbuild');
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: [{ in: entry, out: out.slice(dirname(out).length + 1) }],
        outdir: dirname(out),
        bundle: true,
        minify: true,
        treeShaking: true,
        format: 'iife',
        target: BROWSERS,
        // All bytes are ASCII, so that the hash in the policy cannot depend on how the file is read.
        charset: 'ascii',
        legalComments: 'none',
        metafile: true,
        logLevel: 'warning',
      });
      const inputs = Object.keys(metafile.inputs);
      writeFileSync(join(root, `${out}.licenses.txt`), licences(root, packagesOf(inputs)));
      return { read: inputs, wrote: ['.js', '.css', '.licenses.txt'].map((ending) => out + ending) };
    },
  };
}

/** Folders of the packages that the bundle has code of, sorted. */
function packagesOf(inputs) {
  const folders = inputs.flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

function licences(root, folders) {
  return folders
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name}: no licence file`);
      return `${name} ${version}\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
