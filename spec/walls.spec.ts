import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_NAMES } from '../engine/index.js';
import { assert, packageRoot, test } from './support/test.js';
import { brokenWalls, readSources, readWalls } from './support/walls.js';

const walls = readWalls(readFileSync(join(packageRoot, 'docs/design.md'), 'utf8'));
const sources = readSources(packageRoot, walls.rooms.keys());

/** Rules that the tree would break with one more file, or with another text in a file. */
function brokenWith(path: string, text: string): string[] {
  return brokenWalls(new Map([...sources, [path, text]]), walls);
}

test('the tree keeps to docs/design.md', () => {
  assert.equal(brokenWalls(sources, walls), []);
  assert.ok(sources.size > 400, `only ${sources.size} files were read`);
});

test('every folder with sources is a room of the table', () => {
  const { include } = JSON.parse(readFileSync(join(packageRoot, 'tsconfig.json'), 'utf8')) as { include: string[] };
  const folders = include.filter((folder) => folder !== '*.ts');
  assert.equal(folders.sort(), [...new Set([...walls.rooms.keys()].map((room) => room.split('/')[0]))].sort());
});

test('a planted import against the arrows is found', () => {
  for (const [room, specifier] of [
    ['graph', '../engine/index.js'],
    ['convert', '../engine/index.js'],
    ['engine', '../data/index.js'],
    ['drift', '../files/index.js'],
    ['weights', '../graph/index.js'],
    ['files', '../data/index.js'],
    ['report', '../pipeline/index.js'],
    ['pipeline', '../cli/index.js'],
  ] as const) {
    const path = `${room}/planted.ts`;
    const other = specifier.slice('../'.length).replace('.js', '.ts');
    assert.equal(brokenWith(path, `import { x } from '${specifier}';`), [
      `${path} imports ${other}: ${room}/ may not import ${other.split('/')[0]}/`,
    ]);
  }
});

test('a planted import against the arrows is found in a room that is in another folder', () => {
  assert.equal(brokenWith('fiddler/client/planted.ts', `import { x } from '../../data/index.js';`), [
    'fiddler/client/planted.ts imports data/index.ts: fiddler/client/ may not import data/',
  ]);
  assert.equal(brokenWith('engine/planted.ts', `import { x } from '../files/download/index.js';`), [
    'engine/planted.ts imports files/download/index.ts: engine/ may not import files/download/',
  ]);
});

test('a planted use of Node is found in rooms that only know #platform', () => {
  for (const code of [`import 'node:fs';`, 'const one = process.pid;', `const one = Buffer.from('');`]) {
    assert.match(brokenWith('drift/planted.ts', code).join(), 'drift/planted.ts has ', code);
  }
  assert.equal(brokenWith('drift/planted.ts', '// of a Buffer and process.pid'), []);
});

test('a planted function whose last digit depends on the engine is found', () => {
  for (const code of ['Math.log(x)', 'Math.atan2', 'x ** 3', '12 ** x', 'x ** 2.5', 'x **= 0.5', '1.2 ** n']) {
    assert.is(brokenWith('drift/planted.ts', `const one = ${code};`).length, 1, code);
  }
  assert.equal(brokenWith('drift/planted.ts', 'const one = Math.sqrt(x ** 2) * 2 ** 20; // Math.log(x)'), []);
});

test('a planted await outside of functions is found', () => {
  for (const code of ['await x();', 'const { a } = await x<Y>();', 'export const b = f((await x()).y);']) {
    assert.equal(brokenWith('drift/planted.ts', code), [
      'drift/planted.ts awaits outside of functions: a thread that is ended there ends the process',
    ]);
  }
  assert.equal(brokenWith('drift/planted.ts', 'const f = async () => await x();\nasync () => {\n  await x();\n};'), []);
});

test('a planted way out that --offline does not know is found', () => {
  for (const code of ["import { request } from 'node:https';", "await import('undici')", 'void fetch(url);']) {
    assert.match(brokenWith('cli/planted.ts', code).join(), 'cli/planted.ts has ', code);
  }
  assert.match(brokenWith('pipeline/monitor/notify.ts', 'void fetch(url);').join(), 'without asking base/offline.ts');
  assert.equal(brokenWith('cli/planted.ts', "import type { Socket } from 'node:net';\n// fetch(url)"), []);
});

test('imports of types, dynamic ones and exports count; comments do not', () => {
  for (const code of [
    `import type { X } from '../engine/index.js';`,
    `const x = () => import('../engine/index.js');`,
    `export { x } from '../engine/index.js';`,
    `import '../engine/index.js';`,
    `import {\n  x,\n} from '../engine/index.js';`,
  ]) {
    assert.is(brokenWith('data/planted.ts', code).length, 1, code);
  }
  assert.equal(
    brokenWith('data/planted.ts', `/** import x from '../engine/index.js' */\n// from '../cli/main.js'`),
    [],
  );
});

test('a planted import past another room’s index is found', () => {
  assert.match(
    brokenWith('pipeline/planted.ts', `import { x } from '../weights/model-config.js';`).join(),
    'another room is entered by an index.ts',
  );
});

test('the emulator imports the core by name, and the core does not import the emulator', () => {
  const broken = (path: string, specifier: string) => brokenWith(path, `import { x } from '${specifier}';`);
  assert.equal(broken('fiddler/emulator/planted.ts', 'image-drift/drift'), []);
  assert.match(
    broken('fiddler/emulator/planted.ts', 'image-drift/fiddler').join(),
    'fiddler/emulator/ may not import fiddler/client/',
  );
  assert.match(broken('fiddler/emulator/planted.ts', 'image-drift').join(), 'fiddler/emulator/ may not import');
  assert.match(
    broken('fiddler/emulator/planted.ts', '../../drift/index.js').join(),
    'another package is imported by its name',
  );
  assert.match(
    broken('cli/planted.ts', '../fiddler/emulator/index.js').join(),
    'another package is imported by its name',
  );
  assert.match(broken('cli/planted.ts', 'image-drift-emulator').join(), 'cli/ may not import fiddler/emulator/');
  assert.match(broken('data/planted.ts', 'image-drift/base').join(), 'a package does not import itself by its name');
});

test('a planted import that runs up inside a room is found', () => {
  assert.match(
    brokenWith('engine/contract/planted.ts', `import { x } from '../choice/choose.js';`).join(),
    'in engine/, contract is not above choice',
  );
  assert.match(
    brokenWith('engine/backends/webgpu/planted.ts', `import { x } from '../simd/backend.js';`).join(),
    'in engine/backends/, webgpu is not above simd',
  );
  assert.match(
    brokenWith('engine/workers/planted.ts', `import { x } from '../embedder.js';`).join(),
    'in engine/, workers is not above embedder.ts',
  );
});

test('a planted circle and a planted folder are found', () => {
  const circle = new Map([
    ...sources,
    ['graph/planted-a.ts', `import { b } from './planted-b.js';`],
    ['graph/planted-b.ts', `import { a } from './planted-a.js';`],
  ]);
  assert.match(brokenWalls(circle, walls).join(), /circle: .*planted/);
  assert.equal(brokenWith('engine/attic/planted.ts', ''), ['engine/attic/ is not in docs/design.md']);
});

test('the names of engines stand in their own folders and in the registry only', () => {
  const quoted = new RegExp(`['"\`](${ENGINE_NAMES.join('|')})['"\`]`);
  const elsewhere = [...sources].filter(([path, text]) => {
    return !path.startsWith('engine/backends/') && quoted.test(text);
  });
  assert.equal(
    elsewhere.map(([path]) => path),
    [],
  );
});
