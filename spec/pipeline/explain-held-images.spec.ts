/** Images of the baseline that are kept in memory or in a file. */
import { readdirSync } from 'node:fs';
import { ImageHolder } from '../../pipeline/explain/baseline-images.js';
import { assert, temporaryFolder, test } from '../support/test.js';

const images = [
  { height: 2, width: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i) },
  { height: 1, width: 1, data: Uint8Array.of(7, 8, 9) },
  { height: 3, width: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 255 - i) },
];

for (const [most, where] of [
  [1_000, 'in memory'],
  [20, 'in a file from the second one on'],
  [0, 'in a file'],
] as const) {
  test(`images come back as they were, ${where}`, async () => {
    const holder = new ImageHolder(most);
    for (const image of images) await holder.add(image);
    const held = await holder.finish();
    try {
      assert.is(held.length, 3);
      for (const index of [2, 0, 1, 2]) assert.equal(await held.at(index), images[index]);
    } finally {
      await held.close();
    }
  });
}

test('no file is left of images, whether they are wanted or not', async () => {
  const before = process.env['TMPDIR'];
  const folder = temporaryFolder();
  process.env['TMPDIR'] = folder;
  try {
    for (const isWanted of [true, false]) {
      const holder = new ImageHolder(0);
      for (const image of images) await holder.add(image);
      assert.is(readdirSync(folder).length, 1);
      if (isWanted) await (await holder.finish()).close();
      else await holder.discard();
      assert.equal(readdirSync(folder), []);
    }
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
