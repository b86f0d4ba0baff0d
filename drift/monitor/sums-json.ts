/** Sums of features as JSON: whole numbers in lists. */
import * as z from 'zod';
import type { BaselineSums } from './baseline-sums.js';
import type { Sums } from './sums.js';

const whole = z.number().int();
const count = whole.nonnegative();
const listOf = (number: z.ZodType<number, number>) =>
  z.codec(z.array(number), z.custom<Float64Array>(), {
    decode: (list) => Float64Array.from(list),
    encode: (values) => [...values],
  });
const wholes = listOf(whole);

/** Sums of one window, camera or part of a baseline. */
export const sumsShape = z.object({
  rows: count,
  skipped: count,
  squares: count,
  counted: wholes,
  features: wholes,
  products: wholes,
});

/** A part of a baseline: its number or name, rows, rows of each block, sums of features. It has no more. */
const partOf = <T extends z.ZodType>(name: T) => z.tuple([name, count, wholes, wholes]);
const numbered = z.array(partOf(whole));
const named = z.array(partOf(z.string()));

export const baselineSumsShape = z.object({
  scales: listOf(z.number().positive()),
  all: sumsShape,
  held_out: sumsShape,
  days: numbered,
  blocks: numbered,
  by: z.array(z.tuple([z.string(), named])),
});

type Stored = z.output<typeof baselineSumsShape>;

export function storedBaselineSums({ scales, all, heldOut, days, blocks, by }: BaselineSums): Stored {
  return {
    scales,
    all,
    held_out: heldOut,
    days: stored(days),
    blocks: stored(blocks),
    by: Array.from(by, ([name, values]) => [name, stored(values)]),
  };
}

export function readBaselineSums({ scales, all, held_out: heldOut, days, blocks, by }: Stored): BaselineSums {
  const columns = new Map(by.map(([name, values]) => [name, read(values)]));
  return { scales, all, heldOut, days: read(days), blocks: read(blocks), by: columns };
}

type Part<T> = [T, number, Float64Array, Float64Array];

function stored<T>(parts: ReadonlyMap<T, Sums>): Part<T>[] {
  return Array.from(parts, ([name, { rows, counted, features }]) => [name, rows, counted, features]);
}

function read<T>(parts: readonly Part<T>[]): Map<T, Sums> {
  const none = new Float64Array(0);
  return new Map(
    parts.map(([name, rows, counted, features]) => {
      return [name, { rows, skipped: 0, squares: rows, counted, features, products: none }];
    }),
  );
}
