/**
 * @long: whole runs of several commands
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.js';
import { assert, packageRoot, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';

const SECRET = 'customer-4711';
const folder = join(temporaryFolder(), SECRET);
mkdirSync(folder);
copyFileSync(join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'), join(folder, 'week.npz'));
const at = (name: string) => join(folder, name);

const run = (words: string) => runCliTo(0, words, '', { cwd: folder });
const read = (name: string) => readFileSync(at(name), 'latin1');
/** A PNG or a JPEG in a page. */
const PIXELS = /data:image\/(png|jpeg)/;

test('--no-images and --redact-paths leave out what they say', () => {
  const embed = `embed ${at('week.npz')} --weights fashion-mnist-resnet18 --out`;
  run(`${embed} ${at('plain.parquet')}`);
  run(`${embed} ${at('redacted.parquet')} --redact-paths`);
  assert.match(read('plain.parquet'), SECRET);
  assert.not.match(read('redacted.parquet'), SECRET);
  run(`baseline ${at('plain.parquet')} --out ${at('p.json')}`);
  assert.not.match(read('p.json'), SECRET);
  const drift = `drift ${at('plain.parquet')} --baseline ${at('p.json')} --no-umap --report`;
  run(`${drift} ${at('all.html')}`);
  assert.match(read('all.html'), PIXELS);
  assert.match(read('all.html'), SECRET);
  run(`${drift} ${at('none.html')} --no-images --redact-paths`);
  assert.not.match(read('none.html'), PIXELS);
  assert.not.match(read('none.html'), SECRET);
});

test('--offline: a connection to another machine ends the command at once', () => {
  writeFileSync(at('e.csv'), 'embeddings\n"[1]"\n');
  const server = { FIDDLER_URL: 'https://192.0.2.1:81', FIDDLER_TOKEN: 'x' };
  const env = { ...server, IMAGE_DRIFT_CACHE: at('cache'), HTTP_PROXY: '' };
  const publish = 'publish e.csv --project p --model m --offline';
  for (const words of [publish, 'quickstart --out q --offline']) {
    const says = /error OFFLINE: a connection to \S+ was asked for, and --offline allows none/;
    runCliTo(4, words, says, { cwd: folder, env });
  }
  const here = runCli([...publish.split(' '), '--dry-run'], { cwd: folder, env: { FIDDLER_URL: '' } });
  assert.not.match(here.stderr, 'OFFLINE');
});

test('the table of docs/privacy.md names every flag there is for it', () => {
  const table = readFileSync(join(packageRoot, 'docs', 'privacy.md'), 'utf8');
  for (const { usage, options } of COMMANDS) {
    const command = usage.split(' ')[0];
    if ('redact-paths' in options) assert.match(table, new RegExp(`\\| \`--redact-paths\` \\| [^|]*\`${command}\``));
    if (options['images']?.type === 'boolean') {
      assert.match(table, new RegExp(`\\| \`--no-images\` \\| [^|]*\`${command}\``));
    }
  }
});
