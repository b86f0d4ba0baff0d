/** What the mean brightness of 8 × 8 parts of the images says of a place, as numbers between −1 and 1. */
import { GRID_PARTS, GRID_SIDE } from '../images/grid-tally.js';
import { mean } from '../statistics/mean.js';
import { type Grids, TURNS } from './place-causes.js';
import { correlation, median, type Parts, partsOf, radiusOf, turnMisfit } from './place-parts.js';

export function placeClues({ baseline, window, effectiveRows }: Grids): [name: string, value: number][] {
  if (baseline.rows === 0 || window.rows === 0) return [];
  const parts = partsOf(baseline, window, effectiveRows ?? window.rows);
  return [...moveClues(parts), ...slopeClues(parts), ...turnClues(parts)];
}

/** Whether few parts moved far. */
function moveClues({ before, after, spread, variance }: Parts): [string, number][] {
  const usual = median(spread);
  const shift = before.map((value, i) => (after[i]! - value) / Math.max(spread[i]!, 0.5 * usual));
  const middle = median(shift);
  const away = shift.map((value) => Math.abs(value - middle));
  const most = Math.max(...away);
  return [
    ['parts: shift of all', Math.tanh(middle)],
    ['parts: farthest', Math.tanh(most)],
    ['parts: farthest beside the others', Math.tanh(Math.log((most + 1e-6) / (median(away) + 0.01)) / 3)],
    ['parts: share that moved far', away.filter((value) => value > 0.5 * most).length / GRID_PARTS],
    ['parts: spread', Math.tanh(Math.log(median(variance)) / 2)],
    ['parts: least spread', Math.tanh(Math.log(Math.min(...variance)) / 2)],
  ];
}

/** Whether light falls off outwards, or to a side. */
function slopeClues({ before, after }: Parts): [string, number][] {
  const ratio = before.map((value, i) => (after[i]! + 0.01) / (value + 0.01));
  const along = (of: (part: number) => number) =>
    correlation(
      ratio,
      ratio.map((_, i) => of(i)),
    );
  const middle = mean(ratio);
  return [
    ['parts: light outwards', along(radiusOf)],
    ['parts: light to the right', along((part) => part % GRID_SIDE)],
    ['parts: light downwards', along((part) => Math.floor(part / GRID_SIDE))],
    ['parts: uneven light', Math.tanh(Math.sqrt(mean(ratio.map((value) => (value - middle) ** 2))))],
  ];
}

/** Whether the mean image is the baseline's, turned. */
function turnClues(parts: Parts): [string, number][] {
  const asItWas = turnMisfit(parts, (x, y) => [x, y]);
  const turns = TURNS.map(([kind, of], i): [string, number] => [
    `parts: ${kind} ${i + 1}`,
    Math.tanh(Math.log((turnMisfit(parts, of) + 0.5) / (asItWas + 0.5))),
  ]);
  return [['parts: misfit', Math.tanh(Math.log(asItWas + 0.1) / 3)], ...turns];
}
