/** The library of causes compared with NumPy, SciPy, scikit-image and Pillow (fixtures/data/make_causes.py), and its strengths. */
import { Random } from '../../base/index.js';
import {
  applyCauses,
  CAUSE_FAMILY_NAMES,
  type CauseFamilyName,
  type CauseSetting,
  causeLibrary,
  causeMake,
  causeSummary,
  type Image,
  inOrder,
} from '../../data/index.js';
import { assert, readFixture, test } from '../support/test.js';
import { formulaImage, SMALLEST } from './recorded-images.js';

interface Case extends CauseSetting {
  from: [number, number];
  apart: number;
  few: number;
  bytes: string;
  halves: string;
}

const { cases } = readFixture<{ cases: Case[] }>('data', 'causes.json');

const makes = CAUSE_FAMILY_NAMES.flatMap((family) =>
  Object.keys(causeLibrary[family].makes).map((make) => ({ family, make })),
);

for (const { from, family, make, strength, apart, few, bytes, halves } of cases) {
  const told = `${family} (${make}) of ${strength}, ${from.join(' × ')}`;
  test(`${told} is the reference's`, () => {
    const image = formulaImage(...from);
    const before = image.data.slice();
    const { data } = applyCauses(image, [{ family, make, strength }], 0, 0);
    const expected = Buffer.from(bytes, 'base64');
    const half = Buffer.from(halves, 'base64');
    assert.is(data.length, expected.length);
    let differing = 0;
    for (const [i, value] of data.entries()) {
      const isHalf = ((half[i >> 3]! >> (7 - (i & 7))) & 1) === 1;
      const difference = Math.abs(value - expected[i]!);
      if (difference > (isHalf ? 1 : 0)) differing++;
      assert.ok(difference <= Math.max(apart, isHalf ? 1 : 0), `${told}, value ${i}: ${value}, not ${expected[i]}`);
    }
    assert.ok(differing <= few * data.length, `${told}: ${differing} values differ`);
    assert.equal(image.data, before, 'the given image is left as it is');
  });
}

test('every make without a reference of its own is random, or has one elsewhere', () => {
  const compared = new Set(cases.map(({ family, make }) => `${family} ${make}`));
  const rest = makes.map(({ family, make }) => `${family} ${make}`).filter((name) => !compared.has(name));
  assert.equal(rest.sort(), [
    'brightness offset', // graded.spec.ts: darken, brighten
    'contrast channels', // graded.spec.ts: contrast
    'contrast mean', // corrupt.spec.ts
    'dead_pixels fixed',
    'fog clouds',
    'gaussian_blur repeat', // graded.spec.ts: blur
    'gaussian_noise colour',
    'gaussian_noise gray',
    'impulse_noise pixels',
    'impulse_noise values',
    'jpeg ijg', // graded.spec.ts: jpeg
    'occlusion black',
    'occlusion grey',
    'overlay bottom_right_white',
    'overlay middle_black',
    'overlay top_left_black',
    'shot_noise poisson',
  ]);
});

/** Something to look at: bright, dark, colours, edges. */
const picture = formulaImage(40, 48);

for (const { family, make } of makes) {
  const { strengths, neutral } = causeMake({ family, make });
  test(`${family} (${make}) does more the further its strength is from where it does nothing`, () => {
    const list = strengths(40);
    assert.ok(list.every((strength, i) => i === 0 || strength > list[i - 1]!));
    const damages = list.map((strength) => damage(apply(picture, family, make, strength)));
    if (neutral === null) return assert.ok(Math.min(...damages) > 0.2, damages.join(', '));
    const zero = list.indexOf(neutral);
    assert.ok(zero >= 0, 'the neutral strength is one of them');
    assert.is(damages[zero], 0);
    // Half of the range: where light is clipped or turned round, more is not always further away.
    for (const step of [-1, 1]) {
      const [near, far] = [damages[zero + step], damages[zero + 2 * step]];
      if (near !== undefined) assert.ok(near > 0, `${list[zero + step]} does nothing`);
      if (near !== undefined && far !== undefined) assert.ok(far > near, damages.join(', '));
    }
  });

  test(`${family} (${make}) goes through images of one pixel, one row and one column`, () => {
    for (const [height, width] of SMALLEST) {
      for (const strength of strengths(Math.min(height, width))) {
        const { data } = apply(formulaImage(height, width), family, make, strength);
        assert.is(data.length, height * width * 3);
      }
    }
  });
}

test('strengths in pixels grow with large images, and what does nothing stays', () => {
  const { strengths, neutral } = causeMake({ family: 'motion_blur', make: 'across' });
  assert.equal(strengths(32), strengths(64));
  assert.is(strengths(256)[0], neutral);
  assert.is(strengths(256)[3]! - 1, 4 * (strengths(64)[3]! - 1));
});

test('noise of photons keeps the mean, and varies as their number says', () => {
  for (const [photons, level] of [
    [8, 60],
    [60, 128],
    [250, 200],
  ] as const) {
    const flat = { height: 100, width: 100, data: new Uint8Array(30_000).fill(level) };
    const { data } = apply(flat, 'shot_noise', 'poisson', photons);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    const expected = Math.sqrt((level * 255) / photons);
    assert.ok(Math.abs(mean - level) < 0.03 * expected + 0.6, `${photons}: mean ${mean}`);
    assert.ok(Math.abs(deviation / expected - 1) < 0.05, `${photons}: ${deviation}, expected ${expected}`);
  }
});

test('impulses hit the share that is asked for, and dead pixels are the same in all images', () => {
  const flat = { height: 100, width: 100, data: new Uint8Array(30_000).fill(90) };
  for (const make of ['values', 'pixels'] as const) {
    const { data } = apply(flat, 'impulse_noise', make, 0.1);
    const hit = data.filter((value) => value !== 90);
    assert.ok(Math.abs(hit.length / data.length - 0.1) < 0.015, `${hit.length}`);
    assert.ok(Math.abs(hit.filter((value) => value === 255).length / hit.length - 0.5) < 0.1);
  }
  const dead: CauseSetting[] = [{ family: 'dead_pixels', make: 'fixed', strength: 0.05 }];
  assert.equal(applyCauses(flat, dead, 1, 1).data, applyCauses(flat, dead, 2, 2).data);
});

test('clouds of fog brighten, are smooth, and are others in each image', () => {
  const flat = { height: 32, width: 32, data: new Uint8Array(3_072).fill(100) };
  const [a, b] = [1, 2].map((row) => applyCauses(flat, [{ family: 'fog', make: 'clouds', strength: 1 }], 5, row).data);
  assert.not.equal(a, b);
  // `x + c · cloud`, scaled back to the largest value: 100/255 / (100/255 + 1).
  const scale = 100 / 355;
  for (const value of a!) assert.ok(value >= Math.floor(100 * scale) && value <= Math.ceil(355 * scale));
  let steps = 0;
  for (let i = 3; i < a!.length; i++) steps += Math.abs(a![i]! - a![i - 3]!) / a!.length;
  assert.ok(steps < 12, `neighbours differ by ${steps}`);
});

test('causes that come together are applied as an image is made', () => {
  const causes: CauseSetting[] = [
    { family: 'jpeg', make: 'ijg', strength: 22 },
    { family: 'gaussian_blur', make: 'repeat', strength: 1 },
    { family: 'brightness', make: 'factor', strength: 0.5 },
  ];
  const families = inOrder(causes).map(({ family }) => family);
  assert.equal(families, ['gaussian_blur', 'brightness', 'jpeg']);
  const [blurred, darker] = [causes[1]!, causes[2]!];
  const both = applyCauses(picture, [blurred, darker], 0, 0);
  assert.equal(both, applyCauses(applyCauses(picture, [blurred], 0, 0), [darker], 0, 0));
});

test('a make that is not there is refused', () => {
  assert.throws(() => causeMake({ family: 'fog', make: 'thick' }), /fog has no make thick/);
});

function apply(image: Image, family: CauseFamilyName, make: string, strength: number): Image {
  return causeMake({ family, make }).apply(image, strength, Random.stream(3, 0));
}

function damage({ data }: Image): number {
  return Math.sqrt(data.reduce((sum, value, i) => sum + (value - picture.data[i]!) ** 2, 0) / data.length);
}

test('a cause is named by its direction where it has two, else by its summary', () => {
  const brightness = { family: 'brightness', make: 'factor' } as const;
  assert.is(causeSummary({ ...brightness, strength: 0.4 }), 'darker');
  assert.is(causeSummary({ ...brightness, strength: 1.4 }), 'brighter');
  assert.is(causeSummary({ ...brightness, strength: 1 }), 'brighter or darker');
  assert.is(causeSummary({ family: 'defocus', make: 'disk', strength: 2 }), 'out of focus');
  assert.is(causeSummary({ family: 'inversion', make: 'all', strength: 1 }), 'a negative');
});
