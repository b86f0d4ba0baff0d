import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { openListing } from '../../data/index.js';
import { tar } from '../support/image-files.js';
import { assert, refusal, test, written } from '../support/test.js';

const packed = gzipSync(tar([{ name: 'a.png', bytes: 'one' }]));

const refused = (path: string, code: string) => refusal(code, () => openListing([path]));

test('a compressed tar, whatever it is named, and what unpacks it', async () => {
  for (const name of ['a.tar.gz', 'a.tgz', 'a.tar', 'photos']) {
    const { message, hint } = await refused(written(name, packed), 'ARCHIVE_COMPRESSED');
    assert.match(message, `${name}: is compressed by gzip`);
    assert.match(hint!, 'gunzip');
  }
  const tars = { bzip2: 'BZh91AY', xz: '\u00fd7zXZ\0\0', Zstandard: '\u0028\u00b5\u002f\u00fd\0' };
  for (const [name, begins] of Object.entries({ ...tars, RAR: 'Rar!\u001a\u0007\0' })) {
    const path = written('other', Buffer.from(begins, 'latin1'));
    assert.match((await refused(path, 'ARCHIVE_COMPRESSED')).message, `is compressed by ${name}`);
  }
});

test('on stdin, too; a zip there has no name to be read by', async () => {
  async function* from(bytes: Uint8Array) {
    yield bytes;
  }
  await refusal('ARCHIVE_COMPRESSED', () => openListing(['-'], { stdin: from(packed) }));
  const zip = zipSync({ 'a.png': new Uint8Array([0xff, 0xfe]) });
  assert.match((await refusal('STDIN_LIST', () => openListing(['-'], { stdin: from(zip) }))).hint!, 'by their names');
});

test('what is only named like an archive', async () => {
  const { message } = await refused(written('b.tar', 'no tar'), 'ARCHIVE_FORMAT');
  assert.match(message, /b\.tar: is named like a tar, .* 6e6f20746172$/);
  assert.match((await refused(written('b.zip', ''), 'ARCHIVE_FORMAT')).message, 'it is empty');
});

test('an image that is compressed is one broken image among others', async () => {
  const listing = await openListing([written('one.jpg', packed), written('two.jpg', 'x')]);
  assert.is(listing.count, 2);
  await listing.close();
});

test('a table without columns of images says what it has, and which separator it needs', async () => {
  const { message, hint } = await refused(written('t.csv', 'path;label\na.png;1\n'), 'IMAGES_COLUMN');
  assert.match(message, 'there are "path;label"');
  assert.match(hint!, 'separated by commas');
});
