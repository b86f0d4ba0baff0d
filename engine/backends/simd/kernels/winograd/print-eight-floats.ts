/**
 * Prints how eight floats go through a transform along one axis. Factors come from the scratch of a thread, where each
 * stands eight times.
 */
import { type Arithmetic, range } from '../../printing/text.js';
import { FACTORS, type Factor, operations, type Transform } from './programs.js';
import { FACTOR_BYTES, TRANSFORM_BLOCK } from './words.js';

/**
 * How eight floats are computed. `halves`: four, then the other four, which keeps the fewest values in registers of 128
 * bits. `pairs`: side by side, for V8 to make 256 bits of each two. `trees`: the same, each result by itself from what is
 * in memory, since V8 12 (Node 22) does not pair values that have many uses.
 */
type Form = 'halves' | 'pairs' | 'trees';

export interface Style {
  arithmetic: Arithmetic;
  input: Form;
  output: Form;
}

/** Bytes of zeros that the scratch begins with, and of a point between the two axes. */
export const BLOCK = 64 * TRANSFORM_BLOCK;
/** Where zeros and factors end. */
export const FACTORS_END = BLOCK + FACTOR_BYTES;

const NAMES = Object.keys(FACTORS) as Factor[];
const offsetOf = (factor: Factor): number => BLOCK + 32 * NAMES.indexOf(factor);

/** Each factor to its place, one of the eight times. */
export function printFactors(): string {
  return NAMES.map((name) => `store<f32>(scratch + i, ${FACTORS[name]}, ${offsetOf(name)});`).join('\n    ');
}

/** Eight floats through one axis. */
export interface Eight {
  transform: Transform;
  inputs: number;
  results: number;
  /** Expressions of the four floats at `offset` of the eight … */
  load(input: number, offset: number): string;
  /** … and of what is done to a result before it is stored. */
  finish?(result: number, value: string, offset: number): string;
  store(result: number, value: string, offset: number): string;
}

/** In pairs, everything is loaded before anything is stored. */
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
    // Terms use only those before them.
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
