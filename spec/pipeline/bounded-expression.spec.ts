/** Expressions of users: what they find, and that none keeps the process for long. A match without end fails by the runner's limit. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundedExpression } from '../../pipeline/embed/image-facts.js';
import { png } from '../support/image-files.js';
import { assert, endedWith, runCli, temporaryFolder, test } from '../support/test.js';

const refused = (source: string, text: string): string => {
  try {
    return `passed: ${boundedExpression('groupFrom', source)(text)}`;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
};

test('the first group, all of the match, or nothing', () => {
  const of = (source: string, text: string) => boundedExpression('groupFrom', source)(text);
  assert.is(of('cam(\\d+)', 'x/cam12/a.png'), '12');
  assert.is(of('cam\\d+', 'x/cam12/a.png'), 'cam12');
  assert.is(of('cam(\\d+)|y', 'y'), 'y');
  assert.is(of('(?<=/)[^/]+(?=\\.png)', 'x/cam12/\u{1f600}.png'), '\u{1f600}');
  assert.is(of('cam(\\d+)', 'x/a.png'), null);
  const twice = boundedExpression('groupFrom', '^(.)');
  assert.equal(['a', 'b', 'a'].map(twice), ['a', 'b', 'a']);
});

test('expressions that take for ever, or are too long, are named', () => {
  const letters = `${'a'.repeat(60)}!.png`;
  for (const source of ['((a+)+)$', '(a|aa)+$', '(.*)*x$', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
    assert.match(refused(source, letters), /^BAD_OPTION groupFrom: ".*" takes more than 400 ms for "a+!\.png"$/);
  }
  assert.match(
    refused('a|'.repeat(60_000), letters),
    'BAD_OPTION groupFrom: an expression of 120,000 characters, at most 2,000',
  );
  assert.match(refused('(', letters), 'is no regular expression');
});

test('embed with such an expression ends by itself, as wrong usage', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${'a'.repeat(60)}!.png`), png(32, 32, new Uint8Array(3 * 32 * 32)));
  for (const flag of ['--group-from', '--timestamp-from']) {
    const args = ['embed', folder, '--weights', 'fashion-mnist-resnet18', '--out', join(folder, 'z.parquet')];
    endedWith(2, runCli([...args, '--max-rejected', '1', flag, 'name:((a+)+)$']), 'takes more than 400 ms');
  }
});
