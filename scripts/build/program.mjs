/**
 * A step that bundles the modules of the command line and of its threads with esbuild. Node takes almost a millisecond for
 * each file that it imports, and there are hundreds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fromRoot, toolVersion } from './files.mjs';
import { licences, packagesOf } from './licences.mjs';

/** Another script's address, or the module's own. */
const ADDRESS = /new URL\('\.\/([^']+)\.js', import\.meta\.url\)|import\.meta\.url/g;

/**
 * @param entries paths of the scripts without `.ts`. Where one of them is named beside another module, as in
 *   `new URL('./worker.js', import.meta.url)`, the bundled one is meant.
 * @param packages those that are bundled, too. Others stay outside.
 * @param outputs folder of the compiled modules, to which all other `import.meta.url` stay relative
 * @param out folder of the bundles. A script's is named by its path, with `-` between folders; what several share is beside
 *   it.
 */
export function bundledProgram(root, name, { entries, packages, outputs, out }) {
  return {
    name,
    key: `${toolVersion(root, 'esbuild')} ${entries.join()} ${packages.join()}`,
    sources: () => entries.map((entry) => `${entry}.ts`),
    async run() {
      const { build } = await import('esbuild');
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: entries.map((entry) => ({ in: `${entry}.ts`, out: nameOf(entry) })),
        outdir: out,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20.19',
        chunkNames: 'chunk-[hash]',
        legalComments: 'none',
        // For `import tf = require('…')`.
        banner: {
          js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
        },
        plugins: [outside(packages), placed(root, { entries, outputs, out })],
        metafile: true,
        logLevel: 'warning',
      });
      const inputs = Object.keys(metafile.inputs);
      const texts = join(out, 'licenses.txt');
      writeFileSync(join(root, texts), licences(root, packagesOf(inputs)));
      return { read: inputs, wrote: [...Object.keys(metafile.outputs), texts] };
    },
  };
}

function nameOf(entry) {
  return entry.replaceAll('/', '-');
}

function outside(packages) {
  return {
    name: 'outside',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        const isInside = kind === 'entry-point' || packages.some((one) => path === one || path.startsWith(`${one}/`));
        return isInside ? undefined : { path, external: true };
      });
    },
  };
}

/** Modules find what lies beside their compiled file, though they run from another folder; a bundled script is beside them. */
function placed(root, { entries, outputs, out }) {
  const scripts = new Set(entries);
  return {
    name: 'placed',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const module = fromRoot(root, path).replace(/\.ts$/, '');
        const compiled = JSON.stringify(posix.relative(out, posix.join(outputs, `${module}.js`)));
        const place = `new URL(${compiled}, import.meta.url).href`;
        const contents = readFileSync(path, 'utf8').replaceAll(ADDRESS, (_, script) => {
          if (script === undefined) return place;
          const entry = posix.join(posix.dirname(module), script);
          return scripts.has(entry)
            ? `new URL('./${nameOf(entry)}.js', import.meta.url)`
            : `new URL('./${script}.js', ${place})`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}
