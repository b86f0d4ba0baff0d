/** Image files and Pillow's hashes, made by `spec/ci/images/make_images.py`; `spec/ci/images.sh` compares more. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, encodePng, ImagePool, imageHeader, type ReadySettings, readyImage } from '../../data/index.js';
import { decodedHere, imageProblem, needsPackage, readImageCases } from '../support/image-cases.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

const folder = join(packageRoot, 'spec/fixtures/data/images');
const cases = readImageCases(folder);
const file = (name: string) => readFileSync(join(folder, name));

test('files decode to the bytes of Pillow, or are refused', async () => {
  assert.ok(cases.length >= 60, `${cases.length} files`);
  const missing: string[] = [];
  for (const one of cases) {
    const result = await decodedHere(file(one.name), one);
    if (needsPackage(result)) {
      missing.push(one.name);
      continue;
    }
    assert.is(imageProblem(one, result), null, `${one.name}: ${imageProblem(one, result)}`);
  }
  assert.ok(missing.every((name) => /^(webp|tiff)-/.test(name)));
  if (missing.length > 0) console.log(`SKIPPED (sharp): ${missing.length} WebP and TIFF files`);
});

test('the header gives format, size and orientation, whatever the name', () => {
  const jpeg = imageHeader(file('jpeg-exif-apply_6.jpg'), 'picture.png');
  assert.equal(jpeg, { format: 'jpeg', width: 61, height: 47, orientation: 6, isDeep: false, isClipped: false });
  const png = imageHeader(file('png-3-4_photo1-23x11.png'), 'picture.jpg');
  assert.equal(png, { format: 'png', width: 23, height: 11, orientation: 1, isDeep: false, isClipped: false });
});

test('errors name the image and what is wrong with it', async () => {
  const ppm = Buffer.from('P6 1 1 255\nabc');
  const cases: [string, Uint8Array, RegExp][] = [
    ['IMAGE_EMPTY', new Uint8Array(0), /^x: the file is empty$/],
    ['IMAGE_FORMAT', Buffer.from('<html>'), /^x: .*, but a web page$/],
    ['IMAGE_FORMAT', Buffer.from('root:x:0:0'), /^x: not an image of a known format, but text$/],
    ['IMAGE_FORMAT', ppm, /^x: not an image of a known format, but a PBM, PGM, PPM or PAM file$/],
    ['IMAGE_FORMAT', Buffer.from([1, 2, 250, 3]), /^x: not an image of a known format, but other bytes$/],
    ['IMAGE_TRUNCATED', file('jpeg444_q75_photo1-23x11.jpg').subarray(0, -2), /^x: JPEG: .*Premature end of JPEG file/],
    ['IMAGE_BROKEN', file('png-adler_.png'), /^x: PNG: the image data is damaged: incorrect data check$/],
  ];
  for (const [code, bytes, message] of cases) await refusal(code, () => decodeImage(bytes, 'x'), message);
});

test('a JPEG without a quantization table is refused, also after one that had it', async () => {
  const whole = file('jpeg444_q75_photo1-23x11.jpg');
  const at = whole.lastIndexOf(Buffer.of(0xff, 0xdb));
  const without = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 2 + whole.readUInt16BE(at + 2))]);
  await decodeImage(whole, 'whole.jpg');
  await refusal('IMAGE_BROKEN', () => decodeImage(without, 'without.jpg'), /Quantization table .* was not defined/);
});

test('an image with too many pixels is refused from its header', async () => {
  const bytes = file('png-bomb_.png');
  const error = await refusal('IMAGE_TOO_LARGE', () => decodeImage(bytes, 'bomb.png'));
  assert.is(error.message, 'bomb.png: 60,000×60,000 pixels, at most 100,000,000 are decoded');
  await refusal('IMAGE_TOO_LARGE', () => decodeImage(file('png-pillow_photo1-23x11.png'), 'x', { maxPixels: 252 }));
  assert.is((await decodeImage(file('png-pillow_photo1-23x11.png'), 'x', { maxPixels: 253 })).width, 23);
});

test('a PNG that is written here is read back', async () => {
  for (const [width, height] of [
    [1, 1],
    [7, 3],
    [61, 47],
  ] as const) {
    const values = { length: 3 * width * height };
    const colour = Uint8Array.from(values, (_, i) => Math.imul(i + width, 2_654_435_761) >>> 24);
    const gray = colour.map((_, i) => colour[i - (i % 3)]!);
    for (const data of [colour, gray]) {
      const image = await decodeImage(encodePng({ width, height, data }), 'written.png');
      assert.equal([image.format, image.width, image.height], ['png', width, height]);
      assert.equal(Buffer.from(image.data), Buffer.from(data));
    }
    if (width > 7) {
      const [small, large] = [gray, colour].map((data) => encodePng({ width, height, data }).length);
      assert.ok(small! < 0.6 * large!, `${small} and ${large} bytes`);
    }
  }
});

test('rows that a cut PNG lacks have the first colour of its palette, as in Pillow', async () => {
  const whole = file('png-3-4_photo1-23x11.png');
  const cut = whole.subarray(0, whole.indexOf('IDAT') + 20);
  const palette = whole.indexOf('PLTE') + 4;
  const { data } = await decodeImage(cut, 'cut.png', { allowTruncated: true });
  assert.is(data.length, 3 * 23 * 11);
  assert.equal(Buffer.from(data.subarray(-3)), whole.subarray(palette, palette + 3));
});

test('an error leaves the decoder whole', async () => {
  const good = file('jpeg444_q75_photo1-23x11.jpg');
  const { data } = await decodeImage(good, 'good.jpg');
  const broken = Buffer.from(good);
  broken.fill(0xff, good.indexOf(Buffer.of(0xff, 0xc4)) + 4, good.indexOf(Buffer.of(0xff, 0xc4)) + 12);
  for (let i = 0; i < 20; i++) await refusal('IMAGE_BROKEN', () => decodeImage(broken, 'broken.jpg'));
  assert.equal((await decodeImage(good, 'good.jpg')).data, data);
});

// What a header says is enough to refuse an image, and to know that its gray is cut off.

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
  for (const name of clipped) assert.match(name, /^png-.*0-16/);
});
