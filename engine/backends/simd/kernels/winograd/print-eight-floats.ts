/** Prints the transform of eight floats along one axis. A thread's scratch has each factor eight times. */
import { type Arithmetic, range } from '../../printing/text.js';
import { FACTORS, type Factor, operations, type Transform } from './programs.js';
import { FACTOR_BYTES, TRANSFORM_BLOCK } from './tiles.js';

/**
 * `halves`: four floats, then the other four, with the fewest values in registers of 128 bits. `pairs`: side by side,
 * so that V8 makes 256 bits of each pair. `trees`: each result apart from memory, since V8 12 (Node 22) pairs no
 * value of many uses.
 */
type Form = 'halves' | 'pairs' | 'trees';

export interface Style {
  arithmetic: Arithmetic;
  input: Form;
  output: Form;
}

/** Bytes of zeros at the beginning of the scratch. A point takes as many between the two axes. */
export const BLOCK = 64 * TRANSFORM_BLOCK;
/** The end of the zeros and factors. */
export const FACTORS_END = BLOCK + FACTOR_BYTES;

const NAMES = Object.keys(FACTORS) as Factor[];
const offsetOf = (factor: Factor): number => BLOCK + 32 * NAMES.indexOf(factor);

/** Stores each factor once; the caller repeats this eight times. */
export function printFactors(): string {
  return NAMES.map((name) => `store<f32>(scratch + i, ${FACTORS[name]}, ${offsetOf(name)});`).join('\n    ');
}

/** Eight floats through one axis. */
export interface Eight {
  transform: Transform;
  inputs: number;
  results: number;
  /** Gives the expressions of the four floats at `offset` of the eight. */
  load(input: number, offset: number): string;
  /** Changes a result before it is stored. */
  finish?(result: number, value: string, offset: number): string;
  store(result: number, value: string, offset: number): string;
}

/** With `pairs`, everything is loaded before anything is stored. */
export function printEight(arithmetic: Arithmetic, form: Form, eight: Eight): string {
  if (form === 'trees')
    return range(eight.results)
      .map((result) => printTree(arithmetic, eight, result))
      .join('\n');
  const [low, high] = [printFour(arithmetic, eight, 'a', 0), printFour(arithmetic, eight, 'b', 16)];
  if (form === 'halves')
    return [low, high].map(({ values, stores }) => `{\n${[...values, ...stores].join('\n')}\n}`).join('\n');
  const together = (a: readonly string[], b: readonly string[]) => a.flatMap((line, i) => [line, b[i]!]).join('\n');
  return `{\n${together(low.values, high.values)}\n${together(low.stores, high.stores)}\n}`;
}

function printTree(arithmetic: Arithmetic, { transform, inputs, load, finish, store }: Eight, result: number): string {
  const value = (offset: number): string => {
    const loads = range(inputs).map((i) => load(i, offset));
    const loadFactor = (name: Factor) => `v128.load(scratch, ${offsetOf(name) + offset})`;
    const { terms, results } = transform(loads, operations(arithmetic, loadFactor));
    // A term uses only the terms before it.
    const whole = Object.entries(terms).reduceRight(
      (text, [term, expression]) => text.replaceAll(new RegExp(`\\b${term}\\b`, 'g'), expression),
      results[result]!,
    );
    return finish ? finish(result, whole, offset) : whole;
  };
  return `{
const low = ${value(0)};
const high = ${value(16)};
${store(result, 'low', 0)};
${store(result, 'high', 16)};
}`;
}

function printFour(
  arithmetic: Arithmetic,
  { transform, inputs, results, load, finish, store }: Eight,
  half: string,
  offset: number,
) {
  const names = range(inputs).map((i) => `d${i}${half}`);
  const { terms, results: expressions } = transform(
    names,
    operations(arithmetic, (factor) => factor + half),
  );
  const own = (text: string) =>
    Object.keys(terms).reduce((s, term) => s.replaceAll(new RegExp(`\\b${term}\\b`, 'g'), term + half), text);
  const text = Object.values(terms).concat(expressions).join(' ');
  const used = NAMES.filter((name) => new RegExp(`\\b${name}${half}\\b`).test(text));
  const values = [
    ...used.map((name) => `const ${name}${half} = v128.load(scratch, ${offsetOf(name) + offset});`),
    ...names.map((name, i) => `const ${name} = ${load(i, offset)};`),
    ...Object.entries(terms).map(([term, value]) => `const ${term}${half} = ${own(value)};`),
    ...range(results).map((i) => {
      const value = own(expressions[i]!);
      return `const r${i}${half} = ${finish ? finish(i, value, offset) : value};`;
    }),
  ];
  return { values, stores: range(results).map((i) => `${store(i, `r${i}${half}`, offset)};`) };
}
