/**
 * The names that programs may import from `image-drift`: a small selection, each described, with an example. docs/api.md
 * says the same. face-examples.spec.ts compiles and runs the examples.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apiPagePath, currentApiPage, currentFace } from './support/face/current-api-page.js';
import { examplesOf } from './support/face/examples.js';
import { faceProblems } from './support/face/face-problems.js';
import type { FaceGroup, FaceName } from './support/face/read-face.js';
import { packageRoot } from './support/paths.js';

const face = currentFace();
const examples = examplesOf(face);

test('the root exports at most 60 names, each described, with its parameters and an example', () => {
  assert.equal(faceProblems(face), []);
});

test('a name too many and a name without its parts are found', () => {
  const [first] = face.flatMap(({ names }) => names).filter(({ kind }) => kind === 'function') as [FaceName];
  const withDoc = (doc: Partial<FaceName['doc']>): FaceGroup[] => {
    return [{ title: 'Planted', names: [{ ...first, doc: { ...first.doc, ...doc } }] }];
  };
  assert.equal(faceProblems(withDoc({})), []);
  assert.match(faceProblems(withDoc({ text: '' })).join(), `${first.name}: no doc comment`);
  assert.match(faceProblems(withDoc({ examples: [] })).join(), `${first.name}: no @example`);
  assert.match(
    faceProblems(withDoc({ parameters: new Map() })).join(),
    `${first.name}: no @param ${first.parameters[0]}`,
  );
  assert.match(faceProblems(withDoc({ returns: null })).join(), `${first.name}: no @returns`);
  const members = [{ name: 'size', type: 'number', doc: { ...first.doc, text: '' } }];
  assert.match(faceProblems([{ title: 'Planted', names: [{ ...first, members }] }]).join(), 'size has no doc comment');
  const many = Array.from({ length: 61 }, () => first);
  assert.match(faceProblems([{ title: 'Planted', names: many }]).join(), '61 names');
});

test('the names that JavaScript sees are those of the declarations', async () => {
  const values = face.flatMap(({ names }) => names).filter(({ kind }) => kind !== 'interface' && kind !== 'type');
  const open = Object.keys(await import('../index.js'));
  // A class of which only the type is exported cannot be made by programs.
  const typesOnly = ['EventWriter'];
  assert.equal(
    open.sort(),
    values
      .map(({ name }) => name)
      .filter((name) => !typesOnly.includes(name))
      .sort(),
  );
});

test('docs/api.md is what npm run docs:api writes', () => {
  const isCurrent = readFileSync(apiPagePath, 'utf8') === currentApiPage(face);
  assert.ok(isCurrent, 'docs/api.md is stale: run npm run docs:api');
});

test('every example imports from image-drift the name that it explains', () => {
  for (const { name, code } of examples) {
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

test.run();
