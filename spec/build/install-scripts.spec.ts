/** Only a clone is built by `npm install`: npm 11 names every script of a package that installing could run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, packageRoot, test } from '../support/test.js';

interface Manifest {
  private?: boolean;
  workspaces?: string[];
  scripts: Record<string, string>;
}

/** Scripts of a dependency that npm runs or names when it installs it. */
const OF_INSTALLING = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(packageRoot, folder, 'package.json'), 'utf8')) as Manifest;
}

const workspaces = manifest('.').workspaces!.map((folder) => ({ folder, ...manifest(folder) }));

test('what is published has no script that installing it could run, and is built before it is packed', () => {
  const published = workspaces.filter((workspace) => !workspace.private);
  assert.equal(
    published.map(({ folder }) => folder),
    ['.', 'fiddler/emulator'],
  );
  for (const { folder, scripts } of published) {
    assert.equal(
      OF_INSTALLING.filter((name) => name in scripts),
      [],
      folder,
    );
    assert.match(scripts['prepack'] ?? '', /^npm run (.*build|docs:api)$/, folder);
  }
});

test('npm install in a clone builds', () => {
  const builds = workspaces.filter(({ scripts }) => scripts['prepare'] === 'node build.mjs');
  assert.equal(
    builds.map(({ folder, private: isPrivate }) => [folder, isPrivate]),
    [['scripts', true]],
  );
});
