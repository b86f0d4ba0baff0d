/** What a header says is enough to refuse an image, and to know that its gray is cut off. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImagePool, imageHeader, type ReadySettings, readyImage } from '../../data/index.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

const folder = join(packageRoot, 'spec/fixtures/data/images');
const file = (name: string) => readFileSync(join(folder, name));
/** As a model without a resize has it. */
const settings: ReadySettings = { rule: { size: [5, 7], resize: null, crop: null } };

test('an image of a size that the model does not take is refused before its pixels are decoded', async () => {
  // Their pixels cannot be decoded, which is found out later.
  for (const where of ['png-adler_.png', 'jpeg-exif-apply_6.jpg']) {
    const bytes = where.endsWith('.png') ? file(where) : file(where).subarray(0, 700);
    const { height, width } = imageHeader(bytes, where);
    assert.is.not(`${height} ${width}`, '5 7');
    const given = { bytes, where };
    const told = await refusal('IMAGE_SIZE', () => readyImage(given, settings));
    assert.match(told.message, `an image of ${height} × ${width} pixels, the model takes 5 × 7`);
    const pool = new ImagePool({ ...settings, threads: 1 });
    await refusal('IMAGE_SIZE', () => pool.ready(given));
    await pool.close();
    const fits = { rule: { size: [height, width] as const, resize: null, crop: null } };
    await refusal(where.endsWith('.png') ? 'IMAGE_BROKEN' : 'IMAGE_TRUNCATED', () => readyImage(given, fits));
  }
});

test('the size is that of the upright image, and a change of code may make another', async () => {
  const given = { bytes: file('jpeg-exif-apply_6.jpg'), where: 'x.jpg' };
  const { height, width } = imageHeader(given.bytes, given.where);
  const turned = { rule: { size: [width, height] as const, resize: null, crop: null } };
  assert.is((await readyImage(given, { ...turned, orientation: 'apply' })).pixels.height, width);
  await refusal('IMAGE_SIZE', () => readyImage(given, { ...turned, orientation: 'ignore' }));
  const small = (batch: { rows: number }) => ({ ...batch, height: 5, width: 7, data: new Uint8Array(3 * 35) });
  assert.is((await readyImage(given, settings, small)).pixels.width, 7);
});

test('gray of more than 8 bits: PNG of colour type 0', () => {
  const clipped = readdirSync(folder).filter((name) => {
    try {
      return imageHeader(file(name), name).isClipped;
    } catch {
      return false;
    }
  });
  assert.ok(clipped.includes('png-0-16_photo1-23x11.png') && clipped.includes('png-interlaced-0-16_photo1-23x11.png'));
  assert.equal(
    clipped.filter((name) => !/^png-.*0-16/.test(name)),
    [],
  );
});
