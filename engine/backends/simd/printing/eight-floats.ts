/** Prints functions of eights, pairs of fours. A table has each number eight times: V8 builds constants at each use. */
import type { Argument } from '../../../../graph/index.js';
import { floatBits } from '../abi.js';
import { type Arithmetic, madd, range, SHIFT } from './text.js';

/** Eight floats: the expression of the four of a half, 0 or 1; 2 and 3 are those of the next eight, and so on. */
export type Eight = (half: number) => string;

/** A number of the table: a float, the bits of one, or an argument of the function. */
type Entry = number | { bits: number } | Argument;

/** The exponent of a float32 is above so many bits. */
const MANTISSA = 23;

export class EightFloats {
  readonly lines: string[] = [];
  readonly entries: Entry[] = [];
  readonly #arithmetic: Arithmetic;
  readonly #eights: number;

  /** @param eights how many eights are computed side by side */
  constructor(arithmetic: Arithmetic, eights: number) {
    this.#arithmetic = arithmetic;
    this.#eights = eights;
  }

  number(entry: Entry): Eight {
    const key = JSON.stringify(entry);
    const known = this.entries.findIndex((one) => JSON.stringify(one) === key);
    const place = known < 0 ? this.entries.push(entry) - 1 : known;
    const load = (half: number) => `v128.load(numbers, ${SHIFT + 32 * place + 16 * half})`;
    if (this.#eights === 1) return load;
    if (known < 0) for (const half of [0, 1]) this.lines.push(`const n${place}_${half} = ${load(half)};`);
    return (half) => `n${place}_${half % 2}`;
  }

  add(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.add', [a, b]);
  }

  sub(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.sub', [a, b]);
  }

  mul(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.mul', [a, b]);
  }

  div(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.div', [a, b]);
  }

  /** `a·b + c`. */
  madd(a: Eight, b: Eight, c: Eight): Eight {
    return this.#line((half) => madd(this.#arithmetic, a(half), b(half), c(half)));
  }

  and(a: Eight, b: Eight): Eight {
    return this.#call('v128.and', [a, b]);
  }

  abs(a: Eight): Eight {
    return this.#call('f32x4.abs', [a]);
  }

  /** `a` within limits; NaN stays NaN. */
  limited(a: Eight, low: number, high: number): Eight {
    return this.atMost(this.larger(a, this.number(low)), high);
  }

  /** `a` up to a limit; NaN stays NaN. */
  atMost(a: Eight, high: number): Eight {
    return this.smaller(a, this.number(high));
  }

  /** The larger one; NaN if `a` is. */
  larger(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.pmax', [a, b]);
  }

  /** The smaller one; NaN if `a` is. */
  smaller(a: Eight, b: Eight): Eight {
    return this.#call('f32x4.pmin', [a, b]);
  }

  /** `a` where `x < y`, otherwise `b`. */
  where(x: Eight, y: Eight, a: Eight, b: Eight): Eight {
    return this.#call('v128.bitselect', [a, b, this.#call('f32x4.lt', [x, y])]);
  }

  /** The last bits of a float as its exponent. */
  asExponent(a: Eight): Eight {
    return this.#line((half) => `i32x4.shl(${a(half)}, ${MANTISSA})`);
  }

  /** The polynomial with these factors, that of the highest power first. */
  polynomial(factors: readonly number[], x: Eight): Eight {
    const [first, ...rest] = factors.map((factor) => this.number(factor));
    return rest.reduce((sum, factor) => this.madd(sum, x, factor), first!);
  }

  #call(name: string, operands: readonly Eight[]): Eight {
    return this.#line((half) => `${name}(${operands.map((operand) => operand(half)).join(', ')})`);
  }

  #line(expression: Eight): Eight {
    const name = `v${this.lines.length}_`;
    for (const half of range(2 * this.#eights)) this.lines.push(`const ${name}${half} = ${expression(half)};`);
    return (half) => `${name}${half}`;
  }
}

/** The bits of a table's numbers, each eight times. */
export function tableOf(
  entries: readonly Entry[],
  given: Readonly<Partial<Record<Argument, number>>> = {},
): Int32Array {
  const bitsOf = (entry: Entry): number => {
    if (typeof entry === 'object') return entry.bits;
    return floatBits(typeof entry === 'string' ? given[entry]! : entry);
  };
  return Int32Array.from(entries.flatMap((entry) => Array<number>(8).fill(bitsOf(entry))));
}
