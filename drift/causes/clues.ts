/**
 * What is looked at before a name is given: numbers about each statistic, about the parts of the images, and what the rules
 * of the other files found. All lie between −1 and 1, or are near to that. `likely-names.ts` weighs them.
 *
 * | clue of a statistic | |
 * |---|---|
 * | effect, size | Kolmogorov-Smirnov distance with its sign, and without |
 * | shift | of the mean, in standard deviations of the baseline |
 * | ratio | of the means |
 * | spread | of the standard deviations |
 */
import { ANGLE, aspectFindings } from './aspects.js';
import type { Cause } from './cause.js';
import type { Change, Changes } from './column-changes.js';
import { fineStructure } from './fine-structure.js';
import { type Grids, placeCause } from './place-causes.js';
import { placeClues } from './place-clues.js';
import { LINES, MARKS } from './structure-causes.js';
import { isHidden } from './whole-stories.js';

export type Clues = ReadonlyMap<string, number>;

/** Statistics around zero, whose means have no ratio. */
const SIGNED: ReadonlySet<string> = new Set(['upright', 'diagonal', 'skewness', 'hue_axis_x', 'hue_axis_y']);

/** Level at which a place is a clue; what is named has a test of its own. */
const PLACE_LEVEL = 0.0005;

/** @param told what the rules name; empty if nothing */
export function cluesOf(changes: Changes, grids: Grids | null, told: readonly Cause[]): Clues {
  const clues = new Map<string, number>();
  for (const change of changes.values()) if (change.name !== ANGLE) addColumn(clues, change);
  if (grids !== null) for (const [name, value] of placeClues(grids)) clues.set(name, value);
  const found = [...LINES, ...MARKS].map((find) => find(changes));
  const place = grids && placeCause(grids, PLACE_LEVEL);
  for (const cause of [...found, place]) if (cause) clues.set(`mark ${cause.kind}`, cause.effect);
  for (const finding of aspectFindings(changes)) if (finding) clues.set(`aspect ${finding.kind}`, finding.effect);
  for (const { kind } of told) clues.set(`told ${kind}`, 1);
  const fine = fineStructure(changes);
  if (fine !== 'other') clues.set(`fine structure ${fine}`, 1);
  if (isHidden(changes)) clues.set('hidden bars', 1);
  return clues;
}

function addColumn(clues: Map<string, number>, change: Change): void {
  const { name, effect, baseline, window, deviations } = change;
  const [before, after] = deviations;
  clues.set(`${name} effect`, effect);
  clues.set(`${name} size`, Math.abs(effect));
  clues.set(`${name} shift`, Math.tanh((window - baseline) / Math.max(before, 1e-4, 0.02 * Math.abs(baseline)) / 2));
  clues.set(`${name} spread`, bounded(after, before, 1e-4));
  if (baseline > 0 && window > 0 && !SIGNED.has(name)) clues.set(`${name} ratio`, bounded(window, baseline, 1e-3));
}

/** A ratio between −1 and 1; what is small beside `least` has none. */
export function bounded(value: number, of: number, least: number): number {
  return Math.tanh(Math.log((value + least) / (of + least)));
}
