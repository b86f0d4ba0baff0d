/**
 * Labels of which several may hold, as columns beside the statistics of the images: the score of each, and whether it
 * holds. So they are counted, merged and stored as statistics are, and nothing takes their scores for a softmax.
 */
import type { Matrix } from '../linear/matrix.js';

export type LabelColumn = 'score' | 'holds';

/** No statistic of an image has a colon in its name. */
const NAME = /^(score|holds):(.*)$/s;

/** From this value on, a column of `holds` holds. */
export const HOLDS = 0.5;

export function labelColumn(kind: LabelColumn, label: string): string {
  return `${kind}:${label}`;
}

/** What a column is of; null for a statistic of the images. */
export function labelOf(column: string): { kind: LabelColumn; label: string } | null {
  const [, kind, label] = NAME.exec(column) ?? [];
  return kind === undefined ? null : { kind: kind as LabelColumn, label: label! };
}

/** The members that are of images. */
export function ofImages<T>(columns: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => labelOf(name) === null));
}

/** @param scores `[rows, labels]`; NaN where not known @param thresholds one for each label */
export function labelColumns(
  { rows, columns, data }: Matrix,
  labels: readonly string[],
  thresholds: readonly number[],
): Record<string, Float32Array> {
  const all: Record<string, Float32Array> = {};
  for (const [column, label] of labels.entries()) {
    // Scores are float32: one that is written as the threshold holds.
    const threshold = Math.fround(thresholds[column]!);
    const score = Float32Array.from({ length: rows }, (_, row) => data[row * columns + column]!);
    all[labelColumn('score', label)] = score;
    all[labelColumn('holds', label)] = score.map((value) => (Number.isNaN(value) ? value : Number(value >= threshold)));
  }
  return all;
}
