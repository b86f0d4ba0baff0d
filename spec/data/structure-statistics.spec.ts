import { type ImageStatistic, imageLooks, imageStatistics } from '../../data/index.js';
import { assert, test } from '../support/test.js';

type Pixel = readonly [red: number, green: number, blue: number];

function measured(height: number, width: number, pixel: (y: number, x: number) => Pixel | number) {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    const value = pixel(Math.floor(i / width), i % width);
    data.set(typeof value === 'number' ? [value, value, value] : value, 3 * i);
  }
  const batch = { rows: 1, height, width, data };
  const found = imageStatistics(batch);
  return { of: (name: ImageStatistic) => found.get(name)![0]!, grid: imageLooks(batch)[0]!.grid };
}

const near = (found: number, expected: number, what: string) =>
  assert.ok(Math.abs(found - expected) < 1e-6 * Math.max(1, Math.abs(expected)), `${what}: ${found}, ${expected}`);

test('blockiness: steps of 30 between blocks, of 10 inside', () => {
  const level = (x: number) => 10 * x + 20 * Math.floor(x / 8);
  // 112 of 224 pairs that are in one block lie across, and differ.
  near(measured(8, 16, (_, x) => level(x)).of('blockiness'), 30 / ((10 * 112) / 224), 'across');
  near(measured(16, 8, (y) => level(y)).of('blockiness'), 6, 'down');
  assert.ok(Number.isNaN(measured(8, 8, (y, x) => y + x).of('blockiness')), 'one block has no steps between');
});

test('flat: pairs with one level, but for black and white', () => {
  // Each row is 100 100 50: of its two pairs one is equal, and all between rows.
  near(measured(4, 3, (_, x) => (x < 2 ? 100 : 50)).of('flat'), (4 + 9) / (8 + 9), 'pairs');
  near(measured(4, 4, () => 0).of('flat'), 0, 'black');
  near(measured(4, 4, () => 255).of('flat'), 0, 'white');
});

test('impulses: one pixel of 8 × 8 inner ones; an edge is none', () => {
  near(measured(10, 10, (y, x) => (y === 4 && x === 4 ? 255 : 100)).of('impulses'), 1 / 64, 'bright');
  near(measured(10, 10, (y, x) => (y === 4 && x === 4 ? 0 : 100)).of('impulses'), 1 / 64, 'dark');
  near(measured(10, 10, (_, x) => (x < 5 ? 0 : 255)).of('impulses'), 0, 'edge');
  near(measured(10, 10, (y, x) => (y === 4 && x === 4 ? 110 : 100)).of('impulses'), 0, 'below 16 levels');
});

test('smooth: a ramp is, and every other pixel is not', () => {
  near(measured(6, 12, (_, x) => 20 * x).of('smooth'), 1, 'ramp');
  near(measured(6, 12, (_, x) => 200 * (x % 2)).of('smooth'), 0, 'comb');
});

test('stripes: of rows alone, of columns alone, of neither', () => {
  const rows = measured(12, 12, (y) => 100 + 50 * (y % 2));
  near(rows.of('row_stripes'), 1, 'rows');
  assert.ok(Number.isNaN(rows.of('column_stripes')), 'columns do not vary');
  near(measured(12, 12, (_, x) => 100 + 50 * (x % 2)).of('column_stripes'), 1, 'columns');
  near(measured(12, 12, (y, x) => 100 + 50 * ((x + y) % 2)).of('row_stripes'), 0, 'chequered');
});

test('border: bars on all sides, with the ripple of JPEG, and an image of one colour', () => {
  const framed = (y: number, x: number) => (y < 2 || x < 1 || x > 8 ? 10 + (x % 2) : 10 * y + x + 100);
  near(measured(10, 10, framed).of('border'), 1 - (8 * 8) / 100, 'frame');
  near(measured(10, 10, () => 7).of('border'), 1, 'one colour');
  near(measured(10, 10, (y, x) => 13 * y + 9 * x).of('border'), 0, 'none');
});

test('clipped values are those of any channel', () => {
  const found = measured(4, 4, (y) => (y === 0 ? [255, 100, 0] : [100, 100, 100]));
  near(found.of('clipped_bright'), 4 / 48, 'bright');
  near(found.of('clipped_dark'), 4 / 48, 'dark');
});

test('levels: every fourth of those from 0 to 60', () => {
  near(measured(4, 16, (_, x) => 4 * x).of('levels'), 16 / 61, 'posterised');
  near(measured(4, 4, () => 9).of('levels'), 1, 'one');
});

test('skewness: of one bright pixel in four, and of its negative', () => {
  // A share p of ones has the skewness (1 − 2p) / √(p (1 − p)).
  const expected = 0.5 / Math.sqrt(0.25 * 0.75);
  near(measured(4, 4, (_, x) => (x === 0 ? 200 : 0)).of('skewness'), expected, 'bright');
  near(measured(4, 4, (_, x) => (x === 0 ? 0 : 200)).of('skewness'), -expected, 'dark');
  assert.ok(Number.isNaN(measured(4, 4, () => 9).of('skewness')), 'one level has none');
});

test('hue: the angles of pure colours; gray has none', () => {
  const angles: [Pixel, number][] = [
    [[255, 0, 0], 0],
    [[255, 255, 0], 60],
    [[0, 255, 0], 120],
    [[0, 0, 255], 240],
    [[255, 0, 255], 300],
  ];
  for (const [colour, angle] of angles) near(measured(3, 3, () => colour).of('hue'), angle, colour.join());
  assert.ok(Number.isNaN(measured(3, 3, (y) => 50 * y).of('hue')));
});

test('the axis of colours: red and cyan, then turned by 60°', () => {
  const red = measured(4, 4, (y) => (y < 2 ? [200, 100, 100] : [100, 200, 200]));
  near(red.of('hue_axis_x'), 1, 'red x');
  near(red.of('hue_axis_y'), 0, 'red y');
  const yellow = measured(4, 4, (y) => (y < 2 ? [200, 200, 100] : [100, 100, 200]));
  near(yellow.of('hue_axis_x'), Math.cos((120 * Math.PI) / 180), 'yellow x');
  near(yellow.of('hue_axis_y'), Math.sin((120 * Math.PI) / 180), 'yellow y');
});

test('directions of edges', () => {
  near(measured(12, 12, (y) => 15 * y).of('upright'), 1, 'lying');
  near(measured(12, 12, (_, x) => 15 * x).of('upright'), -1, 'standing');
  near(measured(12, 12, (y, x) => 8 * (x + y)).of('diagonal'), 1, 'diagonal');
});

test('a photograph and the same one twice as high have the same structure', () => {
  const texture = (y: number, x: number) => 128 + 60 * Math.sin(x / 3) * Math.cos(y / 5) + 20 * Math.sin(y * x);
  const of = (height: number) => measured(height, 64, (y, x) => Math.round(texture(y % 256, x)));
  const [small, tall] = [of(256), of(1024)];
  for (const name of ['blockiness', 'smooth', 'row_stripes', 'upright', 'skewness'] as const) {
    assert.ok(Math.abs(small.of(name) - tall.of(name)) < 0.05, `${name}: ${small.of(name)}, ${tall.of(name)}`);
  }
});

test('the grid: a bright part is where it is', () => {
  const { grid } = measured(32, 32, (y, x) => (y >= 8 && y < 12 && x >= 20 && x < 24 ? 255 : 0));
  const bright = [...grid.matchAll(/../g)].flatMap(([level], part) => (level === 'ff' ? [part] : []));
  assert.equal(bright, [2 * 8 + 5]);
  assert.is(grid.length, 128);
});
