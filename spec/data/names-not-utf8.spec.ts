/** Names whose bytes are not UTF-8: Linux takes them, Node reads them and cannot open them. None is left out in silence. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageEntry, openListing } from '../../data/index.js';
import { png } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

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
  for (const [what, input] of [
    ['a folder', withFile],
    ['a pattern', `${withFile}/*.png`],
    ['a pattern of any depth', `${withFile}/**/*.png`],
  ] as const) {
    test(`${what} lists such a file, and says why it cannot be read`, async () => {
      const listing = await openListing([input]);
      const entries: ImageEntry[] = [];
      for await (const entry of listing.entries()) entries.push(entry);
      assert.equal(
        entries.map(({ key }) => key),
        ['caf\uFFFD.png', 'good.png', '\uFFFD.png'],
      );
      const { message } = await refusal('FILE_NOT_FOUND', () => entries[0]!.read());
      assert.match(message, WHY);
      for (const readable of entries.slice(1)) assert.is((await readable.read()).length, image.length);
      await listing.close();
    });
  }

  for (const [what, input] of [
    ['a folder', withFolder],
    ['a pattern', `${withFolder}/*/*.png`],
    ['a pattern of any depth', `${withFolder}/**/*.png`],
  ] as const) {
    test(`${what}: a folder of such a name is refused before anything is read`, async () => {
      assert.match((await refusal('FILE_NOT_FOUND', () => openListing([input]))).message, WHY);
    });
  }
}
