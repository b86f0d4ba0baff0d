/** A step that bundles a page's script and style sheet with esbuild, and keeps the licences of the libraries in it. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolVersion } from './files.mjs';
import { licences, packagesOf } from './licences.mjs';

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
