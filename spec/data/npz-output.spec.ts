/** The zip and npy bytes of written events. A lower limit simulates sizes beyond 4 GiB. */
import { join } from 'node:path';
import { NpzOutput } from '../../data/events/npz-output.js';
import { ZipOutput } from '../../data/events/zip-output.js';
import { AtomicFile, RandomAccessFile, ZipArchive } from '../../files/index.js';
import { assert, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

for (const [what, limit] of [
  ['zip', 0xffffffff],
  ['zip64', 8],
] as const) {
  test(`${what}: members read back`, async () => {
    const path = join(folder, `${what}.npz`);
    const file = await AtomicFile.create(path);
    const zip = new ZipOutput(file, limit);
    await zip.addStored('a.npy', 5, chunks('he', 'llo'));
    await zip.addStored('ü.npy', 12, chunks('longer', ' than', '8'));
    await zip.finish();
    await file.commit();

    const opened = await RandomAccessFile.open(path);
    try {
      const archive = await ZipArchive.open(opened);
      const read = async (name: string) => {
        const member = archive.members.get(name);
        assert.ok(member, name);
        return Buffer.from(await archive.readAll(member as NonNullable<typeof member>, 100)).toString();
      };
      assert.equal([...archive.members.keys()], ['a.npy', 'ü.npy']);
      assert.is(await read('a.npy'), 'hello');
      assert.is(await read('ü.npy'), 'longer than8');
    } finally {
      await opened.close();
    }
  });
}

test('texts are padded to the longest in small pieces', async () => {
  const path = join(folder, 'long.npz');
  const write = AtomicFile.prototype.write;
  let largest = 0;
  AtomicFile.prototype.write = function (chunk) {
    largest = Math.max(largest, chunk.byteLength);
    return write.call(this, chunk);
  };
  try {
    const output = await NpzOutput.create(path);
    await output.addTexts('image_urls');
    await output.appendTexts('image_urls', [...Array<string>(999).fill('a'), 'ü'.repeat(4_096), 'end']);
    await output.finish();
    await output.commit();
  } finally {
    AtomicFile.prototype.write = write;
  }
  assert.ok(largest <= 2 ** 18, `${largest} bytes at once`);
  const opened = await RandomAccessFile.open(path);
  try {
    const archive = await ZipArchive.open(opened);
    const bytes = Buffer.from(await archive.readAll(archive.members.get('image_urls.npy')!, 2 ** 25));
    const values = bytes.subarray(bytes.byteLength - 1_001 * 4_096 * 4);
    const text = (row: number) => {
      const points = Array.from({ length: 4_096 }, (_, i) => values.readUInt32LE((row * 4_096 + i) * 4));
      return String.fromCodePoint(...points.filter((point) => point > 0));
    };
    assert.equal([text(0), text(998), text(999), text(1_000)], ['a', 'a', 'ü'.repeat(4_096), 'end']);
  } finally {
    await opened.close();
  }
});
