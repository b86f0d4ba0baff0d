/** What `convert --check-script` prints. spec/ci/check-scripts.sh runs it with the libraries. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, packageRoot, runCli, test } from '../support/test.js';

const printed = (library: string) => runCli(['convert', '--check-script', library]).stdout;

test('each library has lines that write every array', () => {
  for (const library of ['torch', 'transformers', 'timm', 'tensorflow']) {
    const script = printed(library);
    for (const part of ['np.savez("check.npz"', 'inputs=', 'embeddings=', 'scores=', 'image_{i}'])
      assert.match(script, part);
    const code = script.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(code.length <= 13, `${library}: ${code.length} lines`);
  }
});

test('the documentation has the lines for torch', () => {
  assert.match(readFileSync(join(packageRoot, 'docs', 'networks.md'), 'utf8'), `\`\`\`py\n${printed('torch')}\`\`\``);
});

test('as JSON it is one object', () => {
  const { stdout } = runCli(['convert', '--check-script', 'timm', '--json']);
  assert.is(JSON.parse(stdout).script, printed('timm'));
});

test('without a checkpoint and without a script, the usage is said', () => {
  const { status, stderr } = runCli(['convert', '--out', 'w']);
  assert.is(status, 2);
  assert.match(stderr, 'convert: CHECKPOINT is missing');
});
