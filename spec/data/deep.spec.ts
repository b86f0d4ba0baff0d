/** Images of 16 bits with a range, beside NumPy's arithmetic (spec/fixtures/data/make_deep.py), and damaged ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CodedError, Random } from '../../base/index.js';
import { type DepthRange, decodeImage, imageHeader, imagesOf, openImages } from '../../data/index.js';
import { type DeepCase, deepLevels, isArray } from '../support/deep-cases.js';
import { grayPng16 } from '../support/image-files.js';
import { mutate } from '../support/mutate.js';
import { npyBytes, writeNpz, writeTemporary } from '../support/npy-bytes.js';
import { amount, assert, collect, fixtures, readFixture, refusal, test } from '../support/test.js';

const cases = readFixture<Record<string, DeepCase[]>>('data', 'deep.json');
const pathOf = (name: string) => join(fixtures, 'data', name);
const bytesOf = (name: string) => readFileSync(pathOf(name));

for (const [name, ranges] of Object.entries(cases)) {
  test(`${name} has NumPy's levels`, async () => {
    for (const { range, ...wanted } of ranges) assert.equal(await deepLevels(pathOf(name), range), wanted, `${range}`);
    if (!isArray(name)) assert.is(imageHeader(bytesOf(name), name).isDeep, true);
  });
}

test('a level has half of the next: halves go to the even one, as with np.rint', async () => {
  const values = Uint16Array.of(0, 1, 2, 3, 508, 509, 510, 511);
  const path = writeTemporary(
    npyBytes(
      '<u2',
      [1, 8, 5],
      Uint16Array.from({ length: 40 }, (_, i) => values[i % 8]!),
    ),
    'x.npy',
  );
  const set = await openImages(path, { range: [0, 510] });
  const [batch] = await collect(set.batches(1)).finally(() => set.close());
  const [image] = imagesOf(batch!);
  const levels = Array.from({ length: 8 }, (_, i) => image!.data[3 * i]);
  assert.equal(levels, [0, 0, 1, 2, 254, 254, 255, 255]);
  assert.is(batch!.cutOffs![0], Math.fround(1 / 8));
});

test('what has 8 bits, or is no uint16, is refused by name where weights have a range', async () => {
  const range = [0, 4095] as const;
  for (const name of ['png-2-8_photo1-23x11.png', 'jpeg444_q75_photo1-23x11.jpg', 'gif-256_photo1-23x11.gif']) {
    const bytes = readFileSync(join(fixtures, 'data', 'images', name));
    const told = /^x: \w+ of up to 8 bits a sample, the weights are for 10 to 16 bits \(--range 0,4095\)$/;
    await refusal('IMAGE_DEPTH', () => decodeImage(bytes, 'x', { range }), told);
  }
  const arrays = {
    u1: new Uint8Array(24),
    i2: new Int16Array(24),
    u4: new Uint32Array(24),
    f4: new Float32Array(24),
  };
  for (const [type, values] of Object.entries(arrays)) {
    const path = writeNpz({ arr_0: npyBytes(type === 'u1' ? '|u1' : `<${type}`, [2, 3, 4], values) });
    await refusal('IMAGES_SHAPE', () => openImages(path, { range }));
    const images = writeNpz({ arr_0: npyBytes(type === 'u1' ? '|u1' : `<${type}`, [1, 3, 8], values) });
    await refusal('IMAGES_DEPTH', () => openImages(images, { range }), new RegExp(`dtype .${type}, not uint16`));
  }
  const alpha = writeNpz({ arr_0: npyBytes('<u2', [1, 3, 2, 4], new Uint16Array(24)) });
  await refusal('IMAGES_CHANNELS', () => openImages(alpha, { range }));
});

test('without a range, images of 16 bits name the flag that is needed; gray PNG is as Pillow has it where that is asked for', async () => {
  const png = await refusal('IMAGE_DEPTH', () => decodeImage(grayPng16(4), 'x.png'));
  assert.match(
    `${png.message} ${png.hint}`,
    /^x\.png: PNG of 16 bits a sample.*convert --range LOW,HIGH.*--depth pillow/,
  );
  const { data, cutOff } = await decodeImage(grayPng16(4), 'x.png', { depth: 'pillow' });
  assert.equal([data.every((value) => value === 255), cutOff], [true, null]);
  for (const depth of [undefined, 'pillow'] as const) {
    const tiff = await refusal('IMAGE_DEPTH', () =>
      decodeImage(bytesOf('deep/tiff-ii-strips.tif'), 'scan.tif', { depth }),
    );
    assert.match(`${tiff.message} ${tiff.hint}`, /^scan\.tif: TIFF of 16 bits a sample.*convert --range LOW,HIGH/);
  }
  const error = await refusal('IMAGES_RANGE', () => openImages(pathOf('deep/gray.npz')), 'row 0: the pixel value');
  assert.match(error.hint!, 'convert --range LOW,HIGH');
  const floats = writeNpz({
    arr_0: npyBytes(
      '<f4',
      [1, 3, 8],
      Float32Array.from({ length: 24 }, (_, i) => i * 100),
    ),
  });
  assert.match((await refusal('IMAGES_FLOAT', () => openImages(floats))).hint!, 'convert --range LOW,HIGH');
});

const refused = readdirSync(pathOf('deep')).filter((name) => name.startsWith('refused-'));
test(`TIFF of 16 bits whose values mean something else: ${refused.join(', ')}`, async () => {
  assert.is(refused.length, 4);
  for (const name of refused) {
    const bytes = bytesOf(`deep/${name}`);
    await refusal(
      'IMAGE_UNSUPPORTED',
      () => decodeImage(bytes, name, { range: [0, 4095] }),
      /: TIFF: 16 bits a sample, /,
    );
  }
});

const MUTANTS = amount(1_000, 1_000);

test(`${MUTANTS} mutants are decoded or refused`, async () => {
  const names = Object.keys(cases);
  const outcomes = { refused: 0, decoded: 0 };
  for (let seed = 0; seed < MUTANTS; seed++) {
    const name = names[seed % names.length]!;
    const { bytes, told } = mutate(bytesOf(name), new Random(seed));
    try {
      await read(name, bytes);
      outcomes.decoded++;
    } catch (error) {
      if (!(error instanceof CodedError))
        throw new Error(`${name}, seed ${seed} (${told}): ${error}`, { cause: error });
      assert.is(error.exitCode, 4, `${name}, seed ${seed}: ${error.code}`);
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.refused > MUTANTS / 4 && outcomes.decoded > MUTANTS / 20, JSON.stringify(outcomes));
});

async function read(name: string, bytes: Uint8Array): Promise<void> {
  const range: DepthRange = [16, 4000];
  if (isArray(name)) await deepLevels(writeTemporary(bytes, basename(name)), range);
  else {
    const { width, height, data } = await decodeImage(bytes, name, { range, maxPixels: 2 ** 20 });
    assert.is(data.length, 3 * width * height);
  }
}
