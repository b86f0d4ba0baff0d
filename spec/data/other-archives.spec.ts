import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { openListing } from '../../data/index.js';
import { tar } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const packed = gzipSync(tar([{ name: 'a.png', bytes: 'one' }]));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const refused = (path: string, code: string) => refusal(code, () => openListing([path]));

test('a compressed tar, whatever it is named, and what unpacks it', async () => {
  for (const name of ['a.tar.gz', 'a.tgz', 'a.tar', 'photos']) {
    const { message, hint } = await refused(file(name, packed), 'ARCHIVE_COMPRESSED');
    assert.match(message, `${name}: is compressed by gzip`);
    assert.match(hint!, 'gunzip');
  }
  const others = {
    bzip2: 'BZh91AY',
    xz: '\u00fd7zXZ\0\0',
    Zstandard: '\u0028\u00b5\u002f\u00fd\0',
    RAR: 'Rar!\u001a\u0007\0',
  };
  for (const [name, begins] of Object.entries(others)) {
    const path = file('other', Buffer.from(begins, 'latin1'));
    assert.match((await refused(path, 'ARCHIVE_COMPRESSED')).message, `is compressed by ${name}`);
  }
});

test('on stdin, too; a zip there has no name to be read by', async () => {
  const from = (bytes: Uint8Array) =>
    (async function* () {
      yield bytes;
    })();
  await refusal('ARCHIVE_COMPRESSED', () => openListing(['-'], { stdin: from(packed) }));
  const zip = zipSync({ 'a.png': new Uint8Array([0xff, 0xfe]) });
  assert.match((await refusal('STDIN_LIST', () => openListing(['-'], { stdin: from(zip) }))).hint!, 'by their names');
});

test('what is only named like an archive', async () => {
  assert.match(
    (await refused(file('b.tar', 'no tar'), 'ARCHIVE_FORMAT')).message,
    /b\.tar: is named like a tar, .* 6e6f20746172$/,
  );
  assert.match((await refused(file('b.zip', ''), 'ARCHIVE_FORMAT')).message, 'it is empty');
});

test('an image that is compressed is one broken image among others', async () => {
  const listing = await openListing([file('one.jpg', packed), file('two.jpg', 'x')]);
  assert.is(listing.count, 2);
  await listing.close();
});

test('a table without columns of images says what it has, and which separator it needs', async () => {
  const { message, hint } = await refused(file('t.csv', 'path;label\na.png;1\n'), 'IMAGES_COLUMN');
  assert.match(message, 'there are "path;label"');
  assert.match(hint!, 'separated by commas');
});
