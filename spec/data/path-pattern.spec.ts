/** Patterns of paths: beside the regular expressions that mean the same, and those that keep such an expression busy for years. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/random.js';
import { expandPattern, PathPattern } from '../../data/images/sources/glob.js';
import { openListing } from '../../data/index.js';
import { png } from '../support/image-files.js';
import { assert, collect, refusal, temporaryFolder, test } from '../support/test.js';

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
    const pattern = draw('a b * ? / **/ /** [ab] [!a] [a-c] . + [ [-a] é'.split(' '), 7);
    const key = draw('a b c / . + [ - é 😀'.split(' '), 8);
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

// Linux takes names whose bytes are not UTF-8, and Node cannot open them. None is left out in silence.

const image = png(2, 2, new Uint8Array(12));
const LATIN1 = Buffer.from([0xe9]);

/** A folder with an image of a good name, and what else `add` puts there. Null where the file system takes no such names. */
function folderWith(add: (bytes: (text: string) => Buffer) => void): string | null {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'good.png'), image);
  writeFileSync(join(folder, '\uFFFD.png'), image);
  try {
    add((text) => Buffer.concat([Buffer.from(join(folder, 'caf')), LATIN1, Buffer.from(text)]));
    return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EILSEQ') return null;
    throw error;
  }
}

const WHY = /caf\uFFFD.*: no such file or folder: its name has bytes that are not UTF-8, and cannot be opened by it$/;

const withFile = folderWith((named) => writeFileSync(named('.png'), image));
const withFolder = folderWith((named) => {
  mkdirSync(named(''));
  writeFileSync(named('/image.png'), image);
});

if (withFile === null || withFolder === null) console.log('SKIPPED: this file system takes only names in UTF-8');
else {
  const inputs = { 'a folder': '', 'a pattern': '/*.png', 'a pattern of any depth': '/**/*.png' };
  for (const [what, input] of Object.entries(inputs)) {
    test(`${what} lists such a file, and says why it cannot be read`, async () => {
      const listing = await openListing([withFile + input]);
      const entries = await collect(listing.entries());
      const keys = entries.map(({ key }) => key);
      assert.equal(keys, ['caf\uFFFD.png', 'good.png', '\uFFFD.png']);
      await refusal('FILE_NOT_FOUND', () => entries[0]!.read(), WHY);
      for (const readable of entries.slice(1)) assert.is((await readable.read()).length, image.length);
      await listing.close();
    });
  }

  for (const [what, input] of Object.entries({ ...inputs, 'a pattern': '/*/*.png' })) {
    test(`${what}: a folder of such a name is refused before anything is read`, async () => {
      await refusal('FILE_NOT_FOUND', () => openListing([withFolder + input]), WHY);
    });
  }
}
