/**
 * Bundles by esbuild: the scripts of pages, and the modules of the command line and of its threads, since Node takes almost a
 * millisecond for each file that it imports, and there are hundreds. Beside each bundle are the licences of the libraries in it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { build } from 'esbuild';

/** The first browsers with light-dark(), which the style sheets ask for. */
const BROWSERS = ['chrome123', 'firefox128', 'safari17.5'];

/**
 * @param entry the script; it imports its styles
 * @param out path of the outputs without their endings: `.js`, `.css`, and `.licenses.txt` if there are libraries in it
 */
export async function bundlePage(root, entry, out) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: entry, out: posix.basename(out) }],
    outdir: dirname(out),
    bundle: true,
    minify: true,
    format: 'iife',
    target: BROWSERS,
    // All bytes are ASCII, so that the hash in the report's policy cannot depend on how the file is read.
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  writeLicences(root, metafile, `${out}.licenses.txt`);
}

/**
 * The page of `image-drift page`: its script, its worker, and the threads below that, which find each other by their names.
 * @param html the document; its policy is given by `POLICY`
 */
export async function bundleSite(root, { entries, html, out, report }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([name, path]) => ({ in: path, out: name })),
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: BROWSERS,
    minify: true,
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  removeOthers(root, out, [...Object.keys(metafile.outputs), `${out}/index.html`, `${out}/licenses.txt`]);
  writeLicences(root, metafile, `${out}/licenses.txt`);
  const text = readFileSync(join(root, html), 'utf8').replace('POLICY', sitePolicy(root, report));
  writeFileSync(join(root, out, 'index.html'), text);
}

/** What the page may do. The report, which it opens, has its script and its style in itself. */
function sitePolicy(root, report) {
  const hash = (path) =>
    createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash(`${report}.js`)}'`,
    `style-src 'self' 'sha256-${hash(`${report}.css`)}'`,
    "connect-src 'self'",
    "worker-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Chunks have other names when they change. */
function removeOthers(root, out, made) {
  for (const name of readdirSync(join(root, out))) if (!made.includes(`${out}/${name}`)) rmSync(join(root, out, name));
}

/** Another script's address, or the module's own. */
const ADDRESS = /new URL\('\.\/([^']+)\.js', import\.meta\.url\)|import\.meta\.url/g;

/**
 * @param entries paths of the scripts without `.ts`. Where one of them is named beside another module, as in
 *   `new URL('./worker.js', import.meta.url)`, the bundled one is meant.
 * @param packages those that are bundled, too, with their own dependencies. Others stay outside.
 * @param outputs folder of the compiled modules, to which all other `import.meta.url` stay relative
 * @param out folder of the bundles. A script's is named by its path, with `-` between folders; what several share is beside
 *   it.
 */
export async function bundleProgram(root, { entries, packages, outputs, out }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: `${entry}.ts`, out: nameOf(entry) })),
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    // For `import tf = require('…')`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    alias: { 'string-width': join(import.meta.dirname, 'plain-width.mjs') },
    plugins: [outside(root, packages), placed(root, { entries, outputs, out })],
    metafile: true,
    logLevel: 'warning',
  });
  removeOthers(root, out, Object.keys(metafile.outputs));
  writeLicences(root, metafile, `${out}/licenses.txt`);
}

function nameOf(entry) {
  return entry.replaceAll('/', '-');
}

function outside(root, packages) {
  return {
    name: 'outside',
    setup(build) {
      for (const [name, source] of [
        ['#engines', 'engine/backends/engines.ts'],
        ['#platform', 'platform/node/index.ts'],
        ['#surroundings', 'pipeline/embed/parts/surroundings.ts'],
      ]) {
        build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: join(root, source) }));
      }
      build.onResolve({ filter: /^[^./#]/ }, ({ path, kind, importer }) => {
        const isOurs = kind !== 'entry-point' && !importer.includes(`${sep}node_modules${sep}`);
        const isInside = !isOurs || packages.some((one) => path === one || path.startsWith(`${one}/`));
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
        const module = relative(root, path).split(sep).join('/').replace(/\.ts$/, '');
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

/** Writes nothing if no library's code is in the bundle. */
function writeLicences(root, { inputs }, path) {
  // `(disabled):` is before what a package leaves out for browsers.
  const there = Object.keys(inputs).filter((input) => !input.startsWith('(disabled):'));
  const folders = there.flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  const texts = [...new Set(folders)].sort().map((folder) => licenceOf(root, folder));
  if (texts.length > 0) writeFileSync(join(root, path), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** TensorFlow.js's packages have no file of it: their licence is this package's own. */
function licenceTextOf(root, folder, license) {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8');
  if (license === 'Apache-2.0') return readFileSync(join(root, 'LICENSE'), 'utf8');
  return /^licen[cs]e.*\n[\s\S]*/im.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[0];
}

function licenceOf(root, folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const text = licenceTextOf(root, join(root, folder), license);
  if (text === undefined) throw new Error(`${name}: no licence`);
  return `${name} ${version}\n\n${text.trim()}\n`;
}
