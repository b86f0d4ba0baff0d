/**
 * The assets that a page loads, as modules: bundlers find them, and a page needs not be told where they are. Each is
 * deflated, in base64. Names are paths from the package's root.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

const OUT = 'dist/platform/page/packed';

/** Small ones, which are needed without a wait. */
const READY = [
  'package.json',
  'convert/pickle/inert-names.txt',
  'convert/recognition/transformers-classes.txt',
  'dist/engine/backends/simd/packing/interleave.wasm',
  'dist/platform/page/sha256.wasm',
  'graph/backbones/spellings.txt',
  'graph/backbones/torchvision.jsonl',
];
const LATER = [
  'convert/recognition/timm-networks.txt',
  'dist/report/client.css',
  'dist/report/client.js',
  'node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm',
];

/** @param kernels outputs of the kernels; those that are not in `READY` are loaded later, too */
export function packAssets(root, kernels) {
  const later = [...LATER, ...kernels.filter((name) => !READY.includes(name))];
  const lines = [
    'export const READY = {',
    ...READY.map((name) => `  '${name}': '${packed(root, name)}',`),
    '};',
    'export const LATER = {',
    ...later.map((name) => `  '${name}': () => import('./${moduleOf(name)}'),`),
    '};',
    '',
  ];
  for (const name of later) write(join(root, OUT, moduleOf(name)), `export default '${packed(root, name)}';\n`);
  write(join(root, OUT, 'index.js'), lines.join('\n'));
}

function moduleOf(name) {
  return `${name
    .replace(/^(dist|node_modules)\//, '')
    .replaceAll(/[^a-zA-Z0-9.]+/g, '-')
    .replace(/^-/, '')}.js`;
}

function packed(root, name) {
  return deflateRawSync(contentOf(root, name), { level: 9 }).toString('base64');
}

/** Of `package.json`, what provenance names. */
function contentOf(root, path) {
  const content = readFileSync(join(root, path));
  if (path !== 'package.json') return content;
  const { name, version } = JSON.parse(content.toString('utf8'));
  return Buffer.from(JSON.stringify({ name, version }));
}

/** Only what has changed, so that bundlers that watch are quiet. */
function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  if (readOrNull(path) !== content) writeFileSync(path, content);
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
