import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { imageLooks, type PixelBatch } from '../../data/index.js';
import { GridTally } from '../../drift/images/image-tally.js';
import { imageCauses, UNNAMED } from '../../drift/index.js';
import { assert, packageRoot, test } from '../support/test.js';
import { pluck, range } from './support.js';
import { columnsOf, edgesOf, firstImages, recoloured, rowsOf, summaries } from './support-causes.js';

const samples = join(packageRoot, 'samples', 'fashion-mnist');
const reference = await everySome('reference.npz', 2_000, 2);
const production = await everySome('production.npz', 1_500, 3);
const columns = columnsOf(reference);
const edges = edgesOf(columns);
const baseline = summaries(columns, edges);
const grids = gridsOf(reference);

/** The classes of the first images are not those of all. */
async function everySome(name: string, rows: number, step: number): Promise<PixelBatch> {
  const images = await firstImages(join(samples, name), rows);
  return rowsOf(
    images,
    range(0, rows / step).map((i) => i * step),
  );
}

function gridsOf(images: PixelBatch) {
  const tally = new GridTally();
  for (const { grid } of imageLooks(images)) tally.add(grid);
  return tally.counts();
}

function kinds(images: PixelBatch): string[] {
  const window = summaries(columnsOf(images), edges);
  return imageCauses(baseline, window, { grids: { baseline: grids, window: gridsOf(images) } }).map(({ kind }) => kind);
}

const SIDE = 32;

/** Each pixel by the image and its place. */
function changed(pixel: (at: (y: number, x: number) => number, y: number, x: number, image: number) => number) {
  const data = new Uint8Array(production.data.length);
  for (let i = 0; i < data.length; i++) {
    const place = Math.floor(i / 3);
    const [image, y, x] = [Math.floor(place / SIDE ** 2), Math.floor(place / SIDE) % SIDE, place % SIDE];
    const at = (row: number, column: number) =>
      production.data[3 * (image * SIDE ** 2 + row * SIDE + column) + (i % 3)]!;
    data[i] = Math.max(0, Math.min(255, pixel(at, y, x, image)));
  }
  return { ...production, data };
}

const random = new Random(4);
const broken = Array.from({ length: 500 * SIDE ** 2 }, () => random.uniform());
const boxes = Array.from({ length: 500 }, () => [random.below(18), random.below(18), 60 + random.below(150)] as const);

const CHANGES: [kind: string, images: PixelBatch][] = [
  ['borders', changed((at, y, x) => (y < 8 || y > 23 ? 0 : at(y, x)))],
  ['stripes along rows', changed((at, y, x) => at(y, x) * (y % 2 ? 0.5 : 1))],
  ['stripes along columns', changed((at, y, x) => at(y, x) * (x % 2 ? 0.5 : 1))],
  ['fewer grey levels', changed((at, y, x) => at(y, x) & 0xe0)],
  ['coarse pixels', changed((at, y, x) => at(y - (y % 2), x - (x % 2)))],
  ['impulse noise', changed((at, y, x, image) => (broken[image * SIDE ** 2 + y * SIDE + x]! < 0.02 ? 255 : at(y, x)))],
  ['inverted', changed((at, y, x) => 255 - at(y, x))],
  ['upside down', changed((at, y, x) => at(SIDE - 1 - y, x))],
  ['turned by a quarter', changed((at, y, x) => at(x, SIDE - 1 - y))],
  ['something stands still', changed((at, y, x) => (y > 24 && y < 31 && x > 20 && x < 31 ? 200 : at(y, x)))],
  [
    UNNAMED,
    changed((at, y, x, image) => {
      const [top, left, level] = boxes[image]!;
      return y >= top && y < top + 14 && x >= left && x < left + 14 ? level : at(y, x);
    }),
  ],
];

for (const [kind, images] of CHANGES) {
  test(kind, () => assert.equal(kinds(images), [kind]));
}

/** A mirror at the border. */
function within(place: number): number {
  return place < 0 ? -place : place >= SIDE ? 2 * SIDE - 2 - place : place;
}

function withColouredBoxes(): PixelBatch {
  const data = production.data.map((value, i) => {
    const place = Math.floor(i / 3);
    const [top, left, level] = boxes[Math.floor(place / SIDE ** 2)]!;
    const [y, x] = [(Math.floor(place / SIDE) % SIDE) - top, (place % SIDE) - left];
    const isIn = y >= 0 && y < 14 && x >= 0 && x < 14;
    return isIn ? (level * (1 + ((level + i) % 3))) / 3 : value;
  });
  return { ...production, data };
}

/** What looks like a cause in one statistic, or has two, where one alone would be half of the truth. */
const NAMELESS: [name: string, images: PixelBatch][] = [
  [
    'bent by waves, which is as rough as noise',
    changed((at, y, x) =>
      at(within(y + Math.round(2 * Math.sin(1.1 * x))), within(x + Math.round(2 * Math.sin(1.1 * y)))),
    ),
  ],
  ['every other line is shifted, which leaves odd pixels', changed((at, y, x) => at(y, within(x + 3 * (y % 2))))],
  ['few levels of dark images', changed((at, y, x) => (0.3 * at(y, x)) & 0xf0)],
  ['boxes of a colour in gray images', withColouredBoxes()],
];

for (const [name, images] of NAMELESS) {
  test(`no name: ${name}`, () => assert.equal(kinds(images), [UNNAMED]));
}

test('a change without a name tells what changed most', () => {
  const window = summaries(columnsOf(NAMELESS[0]![1]), edges);
  const [cause] = imageCauses(baseline, window);
  assert.match(cause!.words, /: most in \w+ \(mean \S+ → \S+\), \w+ \(mean \S+ → \S+\), \w+ \(mean \S+ → \S+\)$/);
  assert.ok(cause!.words.includes(`most in ${cause!.statistic} (`));
});

test('images without a change have none', () => assert.equal(kinds(production), []));

test('light from one side is not something that stands still', () => {
  const lit = changed((at, y, x) => at(y, x) * (0.4 + (0.6 * x) / SIDE));
  assert.not(kinds(lit).includes('something stands still'), kinds(lit).join());
});

test('corners darken by degrees', () => {
  const gray = changed((at, y, x) => 60 + at(y, x) / 2);
  const window = changed((at, y, x) => {
    return (60 + at(y, x) / 2) * (1 - (0.6 * ((x - 15.5) ** 2 + (y - 15.5) ** 2)) / (2 * 15.5 ** 2));
  });
  const own = columnsOf(gray);
  const ownEdges = edgesOf(own);
  const causes = imageCauses(summaries(own, ownEdges), summaries(columnsOf(window), ownEdges), {
    grids: { baseline: gridsOf(gray), window: gridsOf(window) },
  });
  assert.equal(pluck(causes, 'kind'), ['darker at the edges']);
});

test('a few images have no mean that tells anything', () => {
  const few = { ...production, rows: 8, data: production.data.slice(0, 8 * SIDE ** 2 * 3) };
  const stamped = { ...few, data: few.data.map((value, i) => (i % (3 * SIDE) > 80 ? 255 : value)) };
  const window = summaries(columnsOf(few), edges);
  assert.equal(imageCauses(baseline, window, { grids: { baseline: grids, window: gridsOf(stamped) } }), []);
});

test('red and blue in each other’s place and gray images have names', () => {
  const tinted = recoloured(production, (r, g, b) => [0.9 * r + 20, 0.6 * g + 15, 0.35 * b + 10]);
  const half = Math.floor(tinted.rows / 2);
  const own = columnsOf(rowsOf(tinted, range(0, half)));
  const ownEdges = edgesOf(own);
  const window = rowsOf(tinted, range(half, 2 * half));
  const kindsOf = (images: PixelBatch) =>
    imageCauses(summaries(own, ownEdges), summaries(columnsOf(images), ownEdges)).map(({ kind }) => kind);
  assert.equal(kindsOf(window), []);
  assert.equal(kindsOf(recoloured(window, (r, g, b) => [b, g, r])), ['red and blue swapped']);
  const luma = (r: number, g: number, b: number) => Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  assert.equal(kindsOf(recoloured(window, (r, g, b) => [luma(r, g, b), luma(r, g, b), luma(r, g, b)])), ['grayscale']);
});

test('tones that come nearer to middle gray have less contrast, and are not brighter', () => {
  const flattened = recoloured(production, (r, g, b) => [64 + r / 2, 64 + g / 2, 64 + b / 2]);
  assert.equal(kinds(flattened), ['less contrast']);
});
