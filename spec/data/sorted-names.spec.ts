import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openSortedNames } from '../../data/images/sources/sorted-names.js';
import { type ListingOptions, openListing } from '../../data/index.js';
import { bucket, told, writeFiles } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

/** So few characters that each name is a file of its own, and all that is in memory. */
const RUNS = [1, 2 ** 24];

async function same(input: string, options: ListingOptions = {}): Promise<void> {
  const wanted = await told(await openListing([input], options));
  for (const runCharacters of RUNS) {
    const listing = await openSortedNames([input], { ...options, runCharacters });
    assert.equal(await told(listing!), wanted, input);
  }
  assert.equal(await told(await openListing([input], { ...options, namesOnDisk: true })), wanted, input);
}

const FILES = {
  'b/2.png': 'two',
  'a/1.jpg': 'one',
  'a/deep/3.PNG': '3',
  'c.gif': 'c',
  'a/notes.txt': '',
  'a/.4.png': '',
};

test('a folder: order, hidden and other files, links', async () => {
  const path = join(temporaryFolder(), 'set');
  writeFiles(path, { ...FILES, '.hidden/5.png': '', 'ü/\u{1f642}.png': '', 'ü/\uff5e.png': '' });
  symlinkSync(join(path, 'b'), join(path, 'linked'));
  symlinkSync(path, join(path, 'b', 'back'));
  symlinkSync(join(path, 'nowhere'), join(path, 'a', 'broken.png'));
  await same(path);
  await same(`${path}/`, { labels: null });
});

test('labels of folders, and none', async () => {
  const path = join(temporaryFolder(), 'set');
  writeFiles(path, { 'cat/1.png': '', 'dog/1.png': '', 'cat/2.png': '' });
  await same(path, { classes: ['cat', 'dog', 'owl'] });
  await same(path, { classes: ['x', 'y'], labels: 'folder' });
  await same(path, { classes: ['cat', 'owl'] });
  const options = { namesOnDisk: true };
  await refusal('LABELS_COLUMN', () => openListing([path], { ...options, labels: 'site' }));
  writeFiles(path, { '0.png': '', '1.png': '' });
  await refusal('LABELS_FOLDER', () => openListing([path], { ...options, labels: 'folder' }), '0.png');
});

test('a prefix of a bucket', async () => {
  const { remote } = bucket('p/b.png', 'p/', 'p/a/1.png', 'p/.x/2.png', 'p/a/', 'p/note.txt', 'p/a/0.jpg', 'q/1.png');
  await same('s3://b/p/', { remote });
  await same('s3://b/', { remote });
});

test('a table beside the images, several inputs, or a file: listed in memory', async () => {
  const path = join(temporaryFolder(), 'set');
  writeFiles(path, { '1.png': 'one', 'metadata.csv': 'file_name,site\n1.png,7\n', 'of/metadata.csv': '' });
  const listing = await openListing([path], { namesOnDisk: true });
  assert.equal(listing.columns, [{ name: 'site', type: 'integer' }]);
  await listing.close();
  assert.is(await openSortedNames([path], {}), null);
  assert.is(await openSortedNames([path, path], {}), null);
  assert.is(await openSortedNames([join(path, '1.png')], {}), null);
  assert.is(await openSortedNames([join(path, 'none')], {}), null);
});

test('a folder without images is none', async () => {
  const path = join(temporaryFolder(), 'set');
  mkdirSync(path);
  await refusal('IMAGES_NONE', () => openListing([path], { namesOnDisk: true }));
  writeFiles(path, { 'a.txt': '' });
  await refusal('IMAGES_NONE', () => openListing([path], { namesOnDisk: true }), '1 other file is left out (.txt)');
});
