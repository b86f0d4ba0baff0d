import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellCommands } from './ci/readme/commands.js';
import { STEPS } from './ci/readme/steps.js';
import { assert, packageRoot, test } from './support/test.js';
import { readSources } from './support/walls.js';

test('every command of README.md has its check, in the order of the page', () => {
  const shown = shellCommands(readFileSync(join(packageRoot, 'README.md'), 'utf8'));
  assert.equal(
    shown.map(({ text }) => text),
    STEPS.map(({ command }) => command),
  );
});

test('commands are read without comments, and over several lines', () => {
  const page = ['```sh', '# one', 'a  b # two', '', 'c \\', '    d   # three', '```', '```json', '{ "e": 1 }', '```'];
  assert.equal(shellCommands(page.join('\n')), [
    { text: 'a b', line: 3 },
    { text: 'c d', line: 5 },
  ]);
});

test('what README.md links to comes with the package', () => {
  const text = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const { files } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { files: string[] };
  const packed = (path: string) => files.some((file) => path === file || path.startsWith(`${file}/`));
  const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
  assert.ok(links.length > 20);
  // npm packs the licence by itself.
  assert.equal(
    links.filter((path) => path !== 'LICENSE' && !(packed(path) && existsSync(join(packageRoot, path)))),
    [],
  );
});

test('every file that docs/design.md and the page of a room name is there', () => {
  const named = (page: string) => {
    const text = readFileSync(join(packageRoot, page), 'utf8');
    return [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
  };
  const rooms = ['cli', 'convert', 'data', 'drift', 'engine', 'graph', 'pipeline', 'report'];
  for (const room of [...rooms, 'fiddler/emulator', 'fiddler/publish', 'files/download']) {
    const names = named(`${room}/README.md`);
    assert.ok(names.length >= 5, room);
    const gone = names.filter((name) => !existsSync(join(packageRoot, room, name)));
    assert.equal(gone, [], room);
  }
  const product = [...rooms, 'base', 'fiddler', 'files', 'page', 'platform', 'scale', 'spec', 'weights'];
  const paths = [...readSources(packageRoot, product).keys()];
  const gone = named('docs/design.md').filter((name) => !paths.some((path) => `/${path}`.endsWith(`/${name}`)));
  assert.equal(gone, []);
});
