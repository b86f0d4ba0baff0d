/** The zip and npy bytes of written events. A lower limit simulates sizes beyond 4 GiB. */
import { join } from 'node:path';
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
