/** Perceptual hashes and scores compared with ImageHash's and cleanvision's (make_looks.py). */
import { Random } from '../../base/index.js';
import { type Bracket, squaredBrightness, WHITE } from '../../data/images/statistics/brightness-percentiles.js';
import { looksKernel } from '../../data/images/statistics/kernel/looks-kernel.js';
import { type ImageLook, imageLooks } from '../../data/index.js';
import { plainPixels } from '../support/plain-images.js';
import { assert, readFixture, test } from '../support/test.js';

interface Case {
  name: string;
  height: number;
  width: number;
  /** base64 */
  rgb: string;
  look: Omit<ImageLook, 'grid'>;
}

const { cases } = readFixture<{ cases: Case[] }>('data', 'looks.json');

const lookOf = ({ height, width, rgb }: Case) => {
  return imageLooks({ rows: 1, height, width, data: Buffer.from(rgb, 'base64') })[0] as ImageLook;
};

for (const one of cases) {
  test(`as ImageHash and cleanvision: ${one.name}`, () => {
    const { phash, grid: _, ...scores } = lookOf(one);
    const { phash: wanted, ...wantedScores } = one.look;
    assert.is(phash, wanted);
    for (const [name, score] of Object.entries(wantedScores)) {
      const found = scores[name as keyof typeof scores];
      assert.ok(Math.abs(found - score) <= 1e-12, `${name}: ${found}, cleanvision ${score}`);
    }
  });
}

test('images of a batch have the looks that they have alone', () => {
  const [a, b] = cases.filter(({ height, width }) => height === 44 && width === 60) as [Case, Case];
  const data = Buffer.concat([a, b].map(({ rgb }) => Buffer.from(rgb, 'base64')));
  assert.equal(imageLooks({ rows: 2, height: 44, width: 60, data }), [lookOf(a), lookOf(b)]);
});

test('a photograph saved again keeps its hash; another one has another', () => {
  const of = (wanted: string) => cases.find(({ name }) => name === wanted)!.look.phash;
  assert.is(of('saved again'), of('photograph 0'));
  assert.is.not(of('photograph 1'), of('photograph 0'));
});

// The WebAssembly kernel of looks splits and ranks pixels as the plain loops do.

const kernel = looksKernel();
const ALL: Bracket = { from: 0, to: WHITE + 1 };
const NONE: Bracket = { from: 0, to: 0 };

test('the kernel is there', () => {
  assert.ok(kernel, 'is dist/data/images/statistics/looks.wasm built, and does this runtime have SIMD?');
});

for (const pixels of [1, 2, 15, 16, 17, 250, 262_143, 262_144, 262_145, 600_003]) {
  test(`${pixels} pixels: gray, and both sides of two brackets`, () => {
    const random = new Random(pixels);
    const rgb = Uint8Array.from({ length: 3 * pixels }, () => random.below(256));
    const value = squaredBrightness(rgb, 0);
    const narrow = { from: value, to: value + 1 };
    const wide = { from: 10_000_000, to: 30_000_000 };
    for (const brackets of [[narrow, wide] as const, [wide, ALL] as const, [ALL, NONE] as const]) {
      assert.equal(kernel.split(rgb, brackets), plainPixels.split(rgb, brackets));
    }
    assert.is(kernel.split(rgb, [ALL, narrow]).sides[0].within.length, pixels);
    assert.ok(kernel.split(rgb, [ALL, narrow]).sides[1].within.includes(value));
  });
}

for (const pixels of [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1024, 4095, 4096]) {
  test(`${pixels} pixels: gray, and the values of ranks`, () => {
    const random = new Random(pixels);
    const ranks = [0, pixels >> 1, Math.max(0, pixels - 2), pixels - 1];
    for (const levels of [256, 40, 3, 1]) {
      const rgb = Uint8Array.from({ length: 3 * pixels }, () => 255 - random.below(levels));
      for (const image of [rgb, rgb.map((value) => 255 - value)]) {
        const { gray, values } = kernel.ranked(image, ranks);
        const wanted = plainPixels.ranked(image, ranks);
        assert.equal([gray, Array.from(values)], [wanted.gray, wanted.values], `${levels} levels`);
      }
    }
  });
}

test('black and white', () => {
  for (const value of [0, 255]) {
    const rgb = new Uint8Array(3 * 33).fill(value);
    const brackets = [ALL, { from: 1, to: WHITE }] as const;
    const found = kernel.split(rgb, brackets);
    assert.equal(found, plainPixels.split(rgb, brackets));
    assert.equal(found.sides[1], { below: value === 0 ? 33 : 0, within: new Uint32Array(0) });
  }
});
