/** What programs may import from `image-drift`. `npm run docs:api` makes docs/api.md of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { examplesOf } from './support/face/examples.js';
import { readFace } from './support/face/read-face.js';
import { assert, packageRoot, temporaryFolder, test } from './support/test.js';

const face = readFace();

test('the root exports at most 61 names, each described, with its parameters and an example', () => {
  assert.ok(face.length <= 61, `${face.length} names; programs find others by subpath`);
  assert.equal(
    face.flatMap(({ problems }) => problems),
    [],
  );
});

test('a name without its parts is found', () => {
  const file = join(temporaryFolder(), 'index.d.ts');
  writeFileSync(
    file,
    `/** @param wrong none */
export declare function plain(rows: number): Promise<string>;
/**
 * Text.
 * @example
 * 1
 */
export interface Sized {
  size: number;
}`,
  );
  assert.equal(
    readFace(file).flatMap(({ problems }) => problems),
    [
      'Sized: size has no doc comment',
      'plain: no @param rows',
      'plain: no @returns',
      'plain: no doc comment',
      'plain: no @example',
      'plain: @param "wrong" which was not used',
    ],
  );
});

test('the names that JavaScript sees are those of the declarations', async () => {
  const open = Object.keys(await import('../index.js'));
  // A class of which only the type is exported cannot be made by programs.
  const typesOnly = ['EventWriter'];
  const values = face.filter(({ name, isValue }) => isValue && !typesOnly.includes(name));
  assert.equal(open.sort(), values.map(({ name }) => name).sort());
});

test('every example imports from image-drift the name that it explains', () => {
  for (const { name, code } of examplesOf(face)) {
    const explained = name.replace(/_\d+$/, '');
    const imported = [...code.matchAll(/import (?:type )?\{([^}]*)\} from 'image-drift'/g)].map(([, names]) => names);
    assert.match(imported.join(), new RegExp(`\\b${explained}\\b`), name);
  }
});

test('every subpath of package.json is a room that can be imported', async () => {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string } | string>;
  };
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    const room = await import(pathToFileURL(join(packageRoot, target.default)).href);
    assert.ok(Object.keys(room).length > 0, path);
  }
});
