/** Patterns of paths: beside the regular expressions that mean the same, and those that keep such an expression busy for years. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/random.js';
import { expandPattern } from '../../data/images/sources/glob.js';
import { PathPattern } from '../../data/images/sources/path-pattern.js';
import { assert, temporaryFolder, test } from '../support/test.js';

/** The same pattern as a regular expression. */
function expression(pattern: string): RegExp {
  const parts = pattern.split('/');
  const sources = parts.map((part, i) => {
    const isLast = i === parts.length - 1;
    if (part === '**') return isLast ? '.*' : '(?:[^/]*/)*';
    return segment(part) + (isLast ? '' : '/');
  });
  return new RegExp(`^${sources.join('')}$`, 'su');
}

function segment(part: string): string {
  return part.replace(/\[!?[^\]]+\]|[*?]|[^*?[]+|\[/g, (token) => {
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length > 2 && token.startsWith('[')) {
      const inside = token.slice(1, -1).replace(/[\\[\]^]/g, '\\$&');
      // A name has no slash.
      return token.startsWith('[!') ? `[^/${inside.slice(1)}]` : `[${inside}]`;
    }
    return token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
}

const fits = (pattern: string, key: string) => new PathPattern(pattern.split('/')).fits(key);

test('random patterns fit the keys that their regular expressions fit', () => {
  const random = new Random(7);
  const draw = (from: readonly string[], most: number) =>
    Array.from({ length: 1 + random.below(most) }, () => from[random.below(from.length)]).join('');
  let fitted = 0;
  for (let i = 0; i < 10_000; i++) {
    const pattern = draw(
      ['a', 'b', '*', '?', '/', '**/', '/**', '[ab]', '[!a]', '[a-c]', '.', '+', '[', '[-a]', 'é'],
      7,
    );
    const key = draw(['a', 'b', 'c', '/', '.', '+', '[', '-', 'é', '😀'], 8);
    const expected = expression(pattern).test(key);
    if (expected) fitted++;
    assert.is(fits(pattern, key), expected, `${pattern} ${key}`);
  }
  assert.ok(fitted > 100, String(fitted));
});

test('stars that fit nothing, and many folders, end at once', () => {
  const letters = 'a'.repeat(250);
  assert.not.ok(fits(`${'*a'.repeat(60)}*b`, letters));
  assert.ok(fits(`${'*a'.repeat(60)}*`, letters));
  assert.not.ok(fits(`${'**/'.repeat(60)}x*y*z*.png`, `${'a/'.repeat(120)}b.png`));
  assert.not.ok(fits(`${'**/a/'.repeat(40)}b`, `${'a/'.repeat(120)}c`));
});

test('on a disk, too: each folder is read once for each place', async () => {
  const folder = temporaryFolder();
  const deep = join(folder, ...Array<string>(24).fill('a'));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, `${'a'.repeat(60)}!.png`), '');
  mkdirSync(join(folder, '.hidden'));
  writeFileSync(join(folder, '.hidden', 'c.png'), '');
  const found = async (pattern: string) => {
    const paths = await expandPattern(join(folder, '/') + pattern).catch(({ code }: { code: string }) => code);
    return Array.isArray(paths) ? paths.length : paths;
  };
  assert.is(await found(`${'**/'.repeat(60)}x*y*z*.png`), 'FILE_NOT_FOUND');
  assert.is(await found(`${'**/a/'.repeat(12)}*.gif`), 'FILE_NOT_FOUND');
  assert.is(await found(`${'**/a/'.repeat(12)}*.png`), 1);
  assert.is(await found(`**/${'*a'.repeat(30)}*b`), 'FILE_NOT_FOUND');
  assert.is(await found(`${'*/../'.repeat(40)}*/*.gif`), 'FILE_NOT_FOUND');
  assert.is(await found('**'), 25);
  assert.is(await found('.hid*/*.png'), 1);
  assert.is(await found('*/../.hidden/c.png'), 1);
  assert.is(await found('[z-a]'), 'FILE_PATH_INVALID');
});
