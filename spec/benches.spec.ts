import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, packageRoot, test } from './support/test.js';

const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'bench/package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(packageRoot, folder))
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

test('every benchmark that is named runs', () => {
  const files = [
    ...filesIn('.', /\.md$/),
    ...filesIn('docs', /\.md$/),
    ...filesIn('bench', /\.(ts|py)$/),
    ...filesIn('bench/results', /\.md$/),
  ];
  let named = 0;
  for (const file of files) {
    for (const [, name] of readFileSync(join(packageRoot, file), 'utf8').matchAll(/npm run bench -- ([a-z][\w-]*)/g)) {
      assert.ok(Object.hasOwn(scripts, name!), `${file} names ${name}, which bench/package.json lacks`);
      named++;
    }
  }
  assert.ok(named > 45, `${named} names were found`);
});

test('every script runs a file of bench/', () => {
  for (const [name, command] of Object.entries(scripts)) {
    const file = /dist\/bench\/([\w-]+)\.js$/.exec(command)?.[1];
    if (name === 'peers' || name.startsWith('pre')) continue;
    assert.ok(file !== undefined && readdirSync(join(packageRoot, 'bench')).includes(`${file}.ts`), name);
  }
});
