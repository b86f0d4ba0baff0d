/** `spec/ci/readme.sh` runs the commands of README.md. It knows all of them, and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shellCommands } from './ci/readme/commands.js';
import { STEPS } from './ci/readme/steps.js';
import { packageRoot } from './support/paths.js';

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

test.run();
