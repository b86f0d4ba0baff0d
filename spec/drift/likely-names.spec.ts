/** Names that the clues give together, where no rule does, and names of rules that they refuse. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { imageLooks, type PixelBatch } from '../../data/index.js';
import { cluesOf } from '../../drift/causes/clues.js';
import { columnChanges } from '../../drift/causes/column-changes.js';
import { NAME_WEIGHTS } from '../../drift/causes/name-weights.js';
import { ruledCauses } from '../../drift/causes/ruled-causes.js';
import { GridTally } from '../../drift/images/grid-tally.js';
import { imageCauses, UNNAMED } from '../../drift/index.js';
import { Random } from '../../random/index.js';
import { packageRoot } from '../support/paths.js';
import { columnsOf, edgesOf, firstImages, summaries } from './support-causes.js';

const samples = join(packageRoot, 'samples', 'fashion-mnist');
const reference = await firstImages(join(samples, 'reference.npz'), 2_000);
const production = await firstImages(join(samples, 'production.npz'), 300);
const columns = columnsOf(reference);
const edges = edgesOf(columns);
const baseline = summaries(columns, edges);
const SIDE = 32;

function gridOf(images: PixelBatch) {
  const tally = new GridTally();
  for (const { grid } of imageLooks(images)) tally.add(grid);
  return tally.counts();
}

const grid = gridOf(reference);

/** Each value by its image, row, column and channel. */
function changed(value: (at: (y: number, x: number) => number, place: number[]) => number): PixelBatch {
  const data = production.data.map((_, i) => {
    const [image, y, x] = [Math.floor(i / 3 / SIDE ** 2), Math.floor(i / 3 / SIDE) % SIDE, Math.floor(i / 3) % SIDE];
    const at = (row: number, column: number) =>
      production.data[3 * (image * SIDE ** 2 + row * SIDE + Math.max(0, Math.min(SIDE - 1, column))) + (i % 3)]!;
    return Math.max(0, Math.min(255, value(at, [image, y, x, i % 3])));
  });
  return { ...production, data };
}

/** What the rules name, and what is named. */
function namesOf(images: PixelBatch): { ruled: string[]; named: string[] } {
  const window = summaries(columnsOf(images), edges);
  const grids = { baseline: grid, window: gridOf(images) };
  const ruled = ruledCauses(columnChanges(baseline, window), grids, 0.01);
  const named = imageCauses(baseline, window, { alpha: 0.01, grids });
  return { ruled: ruled.map(({ kind }) => kind), named: named.map(({ kind }) => kind) };
}

test('coarse pixels of three, which no rule names', () => {
  const images = changed((at, [, y, x]) => at(y! - (y! % 3), x! - (x! % 3)));
  assert.equal(namesOf(images), { ruled: [], named: ['coarse pixels'] });
});

test('stripes in images that are darker, too, are half of the truth, which the rules tell', () => {
  const images = changed((at, [, y, x]) => 0.55 * (at(y!, x!) + (y! % 3 === 0 ? 35 : 0)));
  assert.equal(namesOf(images), { ruled: ['stripes along rows'], named: [UNNAMED] });
});

test('earlier events, which have fewer statistics, are named by the rules alone', () => {
  const of = (all: typeof baseline) => {
    const { flat: _, ...others } = all;
    return others;
  };
  const random = new Random(1);
  const images = changed((at, [, y, x]) => at(y!, x!) + 25 * random.normal());
  const window = summaries(columnsOf(images), edges);
  const grids = { baseline: grid, window: gridOf(images) };
  const causes = imageCauses(of(baseline), of(window), { alpha: 0.01, grids });
  assert.equal(
    causes.map(({ kind }) => kind),
    ruledCauses(columnChanges(of(baseline), of(window)), grids, 0.01).map(({ kind }) => kind),
  );
  assert.is(causes[0]!.kind, 'noisier');
});

test('each clue that has a weight is one that is made', () => {
  const window = summaries(columnsOf(changed((at, [, y, x]) => 3 * at(y!, x!) - 200)), edges);
  const made = new Set(cluesOf(columnChanges(baseline, window), { baseline: grid, window: grid }, []).keys());
  const kinds = Object.keys(NAME_WEIGHTS);
  // Gray images have no axis of colours, and their shares of the channels do not move.
  const colours =
    /^(hue_axis_x|hue_axis_y|(relative_)?saturation|(red|green|blue)_share) (effect|size|shift|spread|ratio)$/;
  const weighed = Object.values(NAME_WEIGHTS).flatMap(({ clues }) =>
    clues.split(',').map((clue) => clue.trim().replace(/ [-\d.]+$/, '')),
  );
  const unknown = weighed.filter((clue) => {
    const kind = /^(?:mark|aspect|told) (.*)$/.exec(clue)?.[1];
    if (kind !== undefined) return !kinds.includes(kind) && kind !== 'brightness varies less';
    return !made.has(clue) && !colours.test(clue) && !/^(fine structure (noise|sharpened)|hidden bars)$/.test(clue);
  });
  assert.equal([...new Set(unknown)], []);
});

test.run();
