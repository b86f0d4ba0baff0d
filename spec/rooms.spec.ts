/** The walls between the rooms: the lint rule must fail when one is broken, and pass on the tree as it is. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from './support/paths.js';

const BIOME = join(packageRoot, 'node_modules', '.bin', 'biome');

/** Lints a file that imports `from`, put into the tree for a moment. */
function lint(folder: string, from: string): { broken: boolean; output: string } {
  const file = join(packageRoot, folder, 'spec-of-the-walls', 'probe.ts');
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `import { thing } from '${from}';\n\nexport const other = thing;\n`);
    const { status, stdout, stderr } = spawnSync(BIOME, ['lint', file], { cwd: packageRoot, encoding: 'utf8' });
    return { broken: status !== 0 && stderr.includes('noRestrictedImports'), output: stdout + stderr };
  } finally {
    rmSync(dirname(file), { recursive: true, force: true });
  }
}

test('imports against the arrows fail the lint', () => {
  for (const [room, from] of [
    ['engine', '../../data/index.js'],
    ['engine', '../../drift/index.js'],
    ['engine', '../../convert/index.js'],
    ['data', '../../engine/index.js'],
    ['drift', '../../files/index.js'],
    ['drift', '../../data/index.js'],
    ['weights', '../../engine/index.js'],
    ['files', '../../weights/index.js'],
    ['convert', '../../pipeline/index.js'],
    ['pipeline', '../../cli/main.js'],
    ['download', '../../fiddler/index.js'],
    ['fiddler', '../../data/index.js'],
    ['emulator', 'image-drift/fiddler'],
    ['emulator', 'image-drift'],
    ['emulator', '../../fiddler/index.js'],
    ['emulator', '../../drift/index.js'],
    ['cli', '../../emulator/index.js'],
    ['cli', 'image-drift-emulator'],
    ['publish', 'image-drift-emulator'],
    ['engine', 'image-drift/drift'],
    ['publish', '../../pipeline/index.js'],
    ['drift', '../../fiddler/index.js'],
  ] as const) {
    const { broken, output } = lint(room, from);
    assert.ok(broken, `${room} may import ${from}?\n${output}`);
  }
});

test('imports past another room’s index fail the lint', () => {
  for (const [room, from] of [
    ['engine', '../../weights/model-config.js'],
    ['cli', '../../data/npz.js'],
    ['pipeline', '../../drift/kmeans.js'],
    ['cli', '../../pipeline/embed/event-table.js'],
  ] as const) {
    const { broken, output } = lint(room, from);
    assert.ok(broken, `${room} may import ${from}?\n${output}`);
  }
});

test('imports along the arrows pass', () => {
  for (const [room, from] of [
    ['engine', '../../weights/index.js'],
    ['engine', '../graph.js'],
    ['convert', '../../engine/index.js'],
    ['pipeline', '../../drift/index.js'],
    ['cli', '../../pipeline/index.js'],
    ['download', '../../files/index.js'],
    ['cli', '../../pipeline/embed/index.js'],
    ['publish', '../../fiddler/index.js'],
    ['emulator', 'image-drift/errors'],
    ['emulator', 'image-drift/drift'],
  ] as const) {
    const { broken, output } = lint(room, from);
    assert.not.ok(broken, output);
  }
});

test.run();
