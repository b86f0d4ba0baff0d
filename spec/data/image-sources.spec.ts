import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { compareKeys, isImageArray, openListing } from '../../data/index.js';
import { bucket, paxPath, tar, writeFiles } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';
import { listed } from './support/listed.js';

const folder = temporaryFolder();
/** A folder of its own below the spec's, with these files. */
function files(name: string, contents: Readonly<Record<string, Uint8Array | string>>): string {
  writeFiles(join(folder, name), contents);
  return join(folder, name);
}

test('keys are in the order of their bytes, whatever the locale', () => {
  const keys = ['b', 'a/b', 'a.b', 'Z', 'é', 'a', '\u{1f600}', '\uffee', '10', '9', ''];
  const wanted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.equal([...keys].sort(compareKeys), wanted);
});

test('a folder: images by extension at any depth, in one order; what is left out is told', async () => {
  const images = { 'b/1.JPG': 'one', 'a-b.png': 'two', 'a/2.webp': 'three' };
  const path = files('photos', { ...images, 'a/.x.png': '', 'notes.md': '', '.cache/x.png': '' });
  const { keys, texts, labels, notices, name } = await listed(path);
  assert.equal(keys, ['a-b.png', 'a/2.webp', 'b/1.JPG']);
  assert.equal(texts, ['two', 'three', 'one']);
  assert.is(labels, null);
  assert.match(notices[0]!, /1 other file is left out \(\.md\)/);
  assert.match(name, /\/photos$/);
});

test('links are followed, not in circles; a link to nowhere and a folder named like an image', async () => {
  const path = files('linked', { 'real/1.png': 'one', 'x.png/2.png': 'two' });
  symlinkSync(join(path, 'real'), join(path, 'again'));
  symlinkSync(path, join(path, 'real', 'circle'));
  symlinkSync(join(path, 'gone.png'), join(path, 'broken.png'));
  const { keys, texts } = await listed(path);
  assert.equal(keys, ['again/1.png', 'broken.png', 'real/1.png', 'x.png/2.png']);
  assert.equal(texts, ['one', 'FILE_NOT_FOUND', 'one', 'two']);
});

test('an empty folder, a missing one, and names that would write to a terminal', async () => {
  mkdirSync(join(folder, 'empty'));
  await refusal('IMAGES_NONE', () => listed(join(folder, 'empty')));
  await refusal('FILE_NOT_FOUND', () => listed(join(folder, 'missing')));
  const path = files('hostile', { 'a\u001b[31m.png': 'red', 'line\nend.jpg': 'two', ' .png': 'space' });
  assert.equal((await listed(path)).texts, ['space', 'red', 'two']);
});

test('folders are labels where they are named like classes, or asked for', async () => {
  const path = files('classes', { 'cat/1.png': '', 'dog/1.png': '', 'dog/2.png': '' });
  assert.equal((await listed(path, { classes: ['bird', 'cat', 'dog'] })).labels, ['cat', 'dog', 'dog']);
  assert.is((await listed(path, { classes: ['bird', 'cat', 'dog'], labels: null })).labels, null);
  const half = await listed(path, { classes: ['cat', 'bird'] });
  assert.equal(half.labels, ['cat', null, null]);
  assert.match(half.notices[0]!, /^Labels: 1 of 2 folders is named like no class \(dog\): images there have no label/);
  const few = await listed(files('few', { 'a/1.png': '', 'b/1.png': '', 'cat/1.png': '' }), { classes: ['cat'] });
  assert.is(few.labels, null);
  assert.match(few.notices[0]!, /^No labels: 2 of 3 folders are named like no class \(a, b\)/);
  assert.equal((await listed(path, { labels: 'folder' })).labels, ['cat', 'dog', 'dog']);
  const numbered = await listed(path, { classes: ['Katze', 'Hund'], labels: 'folder' });
  assert.equal(numbered.labels, [0, 1, 1]);
  assert.match(numbered.notices[0]!, /cat → Katze, dog → Hund/);
  writeFileSync(join(path, 'top.png'), '');
  await refusal('LABELS_FOLDER', () => listed(path, { labels: 'folder' }));
  assert.is((await listed(path, { classes: ['bird', 'cat', 'dog'] })).labels, null);
});

test('several inputs, patterns, one file and a list on stdin: keys from the folder that all lie in', async () => {
  const path = files('several', { 'x/1.png': 'one', 'y/deep/2.png': 'two', 'y/3.jpg': 'three' });
  const both = await listed([join(path, 'y'), join(path, 'x')]);
  assert.equal(both.keys, ['x/1.png', 'y/3.jpg', 'y/deep/2.png']);
  assert.match(both.name, /\/several$/);
  assert.equal((await listed(join(path, '**', '*.png'))).keys, ['x/1.png', 'y/deep/2.png']);
  assert.equal((await listed(join(path, '{x,y}', '[0-9].*'))).keys, ['x/1.png', 'y/3.jpg']);
  assert.equal((await listed(join(path, 'x', '1.png'))).keys, ['1.png']);
  const paths = ['x/1.png', 'y/3.jpg'].map((name) => join(path, name));
  for (const list of [`${paths.join('\n')}\n`, paths.join('\0')]) {
    const stdin = (async function* () {
      yield Buffer.from(list);
    })();
    assert.equal((await listed('-', { stdin })).keys, ['x/1.png', 'y/3.jpg']);
  }
  const twice = await listed([join(path, 'x'), join(path, 'x', '1.png')]);
  assert.equal(twice.texts, ['one', 'IMAGE_KEY_TWICE']);
  await refusal('FILE_NOT_FOUND', () => listed(join(path, '*.gif')));
});

test('a tar and a zip have the keys of the folder that was packed', async () => {
  const contents = { 'cat/1.png': 'one', 'dog/a.b.png': 'two' };
  const long = `${'deep/'.repeat(40)}3.png`;
  const packed = tar([
    { name: './cat/', type: '5' },
    ...Object.entries(contents).map(([name, bytes]) => ({ name: `./${name}`, bytes })),
    paxPath(long),
    { name: 'cut', bytes: 'three' },
    { name: '././@LongLink', bytes: `${long.replace('3', '4')}\0`, type: 'L' },
    { name: 'cut', bytes: 'four' },
  ]);
  const path = files('packed', { 'plain.tar': packed });
  const inTar = await listed(join(path, 'plain.tar'), { classes: ['cat', 'dog'] });
  assert.equal(inTar.keys, ['cat/1.png', long, long.replace('3', '4'), 'dog/a.b.png']);
  assert.equal(inTar.texts, ['one', 'three', 'four', 'two']);

  const members = Object.entries(contents).map(([name, text]) => [`set/${name}`, Buffer.from(text)] as const);
  writeFileSync(join(path, 'set.zip'), zipSync(Object.fromEntries(members)));
  const inZip = await listed(join(path, 'set.zip'), { classes: ['cat', 'dog'] });
  assert.equal(inZip.keys, ['cat/1.png', 'dog/a.b.png']);
  assert.equal(inZip.labels, ['cat', 'dog']);
  assert.match(inZip.name, /packed\/set$/);

  const stdin = (async function* () {
    for (let at = 0; at < packed.length; at += 700) yield packed.subarray(at, at + 700);
  })();
  assert.equal((await listed('-', { stdin })).texts, ['one', 'three', 'four', 'two']);
});

test('members that lead out of a tar, and links in it, are there and cannot be read; damage is an error', async () => {
  const path = files('hostile-tar', {
    'a.tar': tar([
      { name: '../../etc/x.png', bytes: 'out' },
      { name: '/abs.png', bytes: 'abs' },
      { name: 'link.png', type: '2' },
      { name: 'ok.png', bytes: 'ok' },
    ]),
    'damaged.tar': Buffer.concat([tar([{ name: 'a.png', bytes: 'a' }]).subarray(0, 1024), Buffer.alloc(512, 7)]),
    'cut.tar': tar([{ name: 'a.png', bytes: 'a'.repeat(5000) }]).subarray(0, 2000),
    'text.tar': tar([{ name: 'a.txt', bytes: 'a' }]),
  });
  const { keys, texts } = await listed(join(path, 'a.tar'));
  assert.equal(keys, ['../../etc/x.png', '/abs.png', 'link.png', 'ok.png']);
  assert.equal(texts, ['IMAGE_MEMBER', 'IMAGE_MEMBER', 'IMAGE_MEMBER', 'ok']);
  await refusal('TAR_DAMAGED', () => listed(join(path, 'damaged.tar')));
  assert.equal((await listed(join(path, 'cut.tar'))).texts, ['TAR_TRUNCATED']);
  await refusal('IMAGES_NONE', () => listed(join(path, 'text.tar')));
});

test('WebDataset: classes, captions and JSON beside the images, over shards', async () => {
  const sample = (i: number) => [
    { name: `${i}.jpg`, bytes: `image ${i}` },
    { name: `${i}.cls`, bytes: `${i % 3}\n` },
    { name: `${i}.txt`, bytes: `caption ${i}` },
    { name: `${i}.json`, bytes: JSON.stringify({ camera: `c${i}`, score: i / 2, boxes: [1] }) },
  ];
  const shard = (first: number) => tar([...sample(first), ...sample(first + 1)]);
  const same = { 'same/000.tar': shard(10), 'same/1.tar': shard(11) };
  const path = files('shards', { '000.tar': shard(10), '001.tar': shard(12), ...same });
  const found = await listed(join(path, '{000..001}.tar'));
  assert.equal(found.keys, ['10.jpg', '11.jpg', '12.jpg', '13.jpg']);
  assert.equal(found.labels, [1, 2, 0, 1]);
  assert.equal(found.columns, [
    { name: 'txt', type: 'string' },
    { name: 'camera', type: 'string' },
    { name: 'score', type: 'float' },
  ]);
  assert.equal(found.rows[3]?.slice(3), ['caption 13', 'c13', 6.5]);
  // Shards with the same keys are told apart by their names.
  assert.equal((await listed(join(path, 'same', '*.tar'))).keys, ['000/10.jpg', '000/11.jpg', '1/11.jpg', '1/12.jpg']);
  await refusal('FILE_NOT_FOUND', () => listed(join(path, '{000..002}.tar')));
});

test('npz and npy are arrays, everything else is files', async () => {
  const path = files('kinds', {
    'a.dat': zipSync({ 'arr_0.npy': Buffer.from('x') }),
    'b.dat': zipSync({ 'b.png': Buffer.from('x') }),
  });
  assert.is(await isImageArray([join(path, 'a.dat')]), true);
  assert.is(await isImageArray([join(path, 'b.dat')]), false);
  assert.is(await isImageArray(['missing.npz']), true);
  assert.is(await isImageArray([path]), false);
  assert.is(await isImageArray(['-']), false);
});

test('a pattern in an S3 URL means the objects whose keys fit', async () => {
  const found = ['d1/a/1.png', 'd1/a/b/2.png', 'd2/a/3.png', 'e/6.png', 'd+/7.png'];
  const { remote, listings } = bucket(...found, 'd2/.hid/4.png', 'd2/a/.5.png', 'd2/a/x.txt');
  for (const [pattern, numbers] of [
    ['d?/a/*.png', '1 3'],
    ['**/*.png', '7 1 2 3 6'],
    ['d1/**/?.png', '1 2'],
    ['{d1,e}/**/*.png', '1 2 6'],
    ['*/6.png', '6'],
    ['d+/*', '7'],
  ] as const) {
    const { texts } = await listed(`s3://b/${pattern}`, { remote });
    assert.is(texts.map((text) => /(\d)\.png$/.exec(text)?.[1]).join(' '), numbers, pattern);
  }
  assert.ok(listings.includes('s3://b/d1/'));
  await refusal('FILE_NOT_FOUND', () => openListing(['s3://b/none/*.png'], { remote }));
});

test('a pattern leaves out what is no folder, and no folder that cannot be read', async () => {
  const path = files('partly', { 'a/1.png': 'one', 'b.png': 'no folder', 'c/2.png': 'two' });
  symlinkSync('circle', join(path, 'circle'));
  symlinkSync('nowhere', join(path, 'lost'));
  assert.equal((await listed(`${path}/*/*.png`)).keys, ['a/1.png', 'c/2.png']);
  await refusal('FILE_PATH_INVALID', () => listed(`${path}/${'x'.repeat(300)}/*.png`));
  chmodSync(join(path, 'c'), 0o000);
  try {
    // Nothing is closed to root.
    if (process.getuid?.() === 0) assert.is((await listed(`${path}/**/*.png`)).keys.length, 3);
    else await refusal('FILE_NOT_PERMITTED', () => listed(`${path}/**/*.png`));
  } finally {
    chmodSync(join(path, 'c'), 0o755);
  }
});

test('of a list, an image that is gone is a broken one; a file that is named alone must be there', async () => {
  const path = files('gone', { '1.png': 'one', '2.png': 'two' });
  const list = async function* () {
    yield Buffer.from(['1.png', 'lost.png', '2.png'].map((name) => join(path, name)).join('\n'));
  };
  const { keys, texts } = await listed('-', { stdin: list() });
  assert.equal(keys, ['1.png', '2.png', 'lost.png']);
  assert.equal(texts, ['one', 'two', 'FILE_NOT_FOUND']);
  assert.equal((await listed(`${path}/{1,3}.png`)).texts, ['one', 'FILE_NOT_FOUND']);
  await refusal('FILE_NOT_FOUND', () => listed(join(path, 'lost.png')));
  await refusal('FILE_NOT_FOUND', () => listed(`${path}/{1,3}.tar`));
});
