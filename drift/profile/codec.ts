/** How parts of a profile are written as JSON, and read: each is said once. */
import * as z from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { floatsInBase64, floatsOfBase64, isUsable } from '../linear/matrix.js';

export const whole = z.number().int().nonnegative();
export const wholes = z.array(whole);
export const finite = z.number().refine(isUsable, 'a finite number is needed');

/** Numbers as base64 of float64 or, if they need no more digits, of float32. */
export const doubles = z.codec(z.string(), z.custom<Float64Array>(), {
  decode: (text) => floatsOfBase64(text, 8),
  encode: floatsInBase64,
});
export const floats = z.codec(z.string(), z.custom<Float64Array>(), {
  decode: (text) => floatsOfBase64(text, 4),
  encode: (values) => floatsInBase64(Float32Array.from(values)),
});

/** Whole numbers as a list. @param least of each @param most how many */
export function integers(least: number, most = Number.POSITIVE_INFINITY) {
  const integer = z
    .number()
    .int()
    .min(least)
    .max(2 ** 31 - 1);
  return z.codec(z.array(integer).max(most), z.custom<Int32Array>(), {
    decode: (list) => Int32Array.from(list),
    encode: (values) => [...values],
  });
}

type Shape = Record<string, z.ZodType>;
type Named<S extends Shape> = z.output<z.ZodObject<S>>;

/** An object with the same members in snake case, in this order. What is optional is absent where it is not known. */
export function shape<S extends Shape>(members: S) {
  const names = Object.keys(members).map((name) => [
    name,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]);
  const json = z.object(Object.fromEntries(names.map(([name, inJson]) => [inJson!, members[name!]!])));
  const renamed = (from: Record<string, unknown>, pairs: readonly (readonly string[])[]) =>
    Object.fromEntries(pairs.flatMap(([old, name]) => (from[old!] === undefined ? [] : [[name!, from[old!]]])));
  return z.codec(json, z.custom<Named<S>>(), {
    decode: (read) =>
      renamed(
        read,
        names.map(([name, inJson]) => [inJson!, name!]),
      ) as Named<S>,
    encode: (value) => renamed(value, names),
  });
}

/** Says what disagrees in a part of a profile. @param where names the file in messages */
export class Agreement {
  readonly #code: string;
  readonly #place: string;

  constructor(code: string, where: string, part = '') {
    this.#code = code;
    this.#place = `${where}: ${part}`;
  }

  fail(disagreement: string): never {
    throw new DriftError(this.#code, `${this.#place}${disagreement}`);
  }

  equal(what: string, found: number, needed: number): void {
    if (found !== needed) this.fail(`${what}: ${grouped(found)}, ${grouped(needed)} would fit`);
  }

  atMost(what: string, found: number, most: number): void {
    if (found > most) this.fail(`${what}: ${grouped(found)}, at most ${grouped(most)} is possible`);
  }

  ascend(what: string, values: Float64Array): void {
    const unsorted = values.findIndex((value, i) => i > 0 && value <= values[i - 1]!);
    if (unsorted > 0) this.fail(`${what}: number ${unsorted} is not above the one before`);
  }

  whole(what: string, values: Float64Array, least = 0): void {
    const broken = values.findIndex((value) => !Number.isSafeInteger(value) || value < least);
    if (broken >= 0) this.fail(`${what}: number ${broken} is ${values[broken]}, a whole number is needed`);
  }

  finite(what: string, values: Float64Array): void {
    const broken = values.findIndex((value) => !isUsable(value));
    if (broken >= 0) this.fail(`${what}: number ${broken} is ${values[broken]}, a finite number is needed`);
  }
}
