/**
 * Functions of two values. Rows whose values lie side by side, or are repeated, are computed four at a time, sums and
 * products of values side by side eight at a time.
 *
 * Pointers lie `SHIFT` before the vectors of eight, see `printing/text.ts`.
 */
import { power } from '../../../printing/assembly/functions';
import { SHIFT } from '../../../printing/assembly/sizes';
import { operand, word } from '../../../printing/assembly/word';
import { ADD, Combine, DIV, GATE, MAXIMUM, MINIMUM, MUL, POW, SUB } from './words';

export function combine(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Combine.outputOffset);
  const as = operand(arena, word(params, Combine.aOffset), word(params, Combine.aAt));
  const bs = operand(arena, word(params, Combine.bOffset), word(params, Combine.bAt));
  const rowsAt = word(params, Combine.rowsAt);
  const columns = word(params, Combine.columns);
  const outputStep = word(params, Combine.outputStep);
  const aStep = word(params, Combine.aStep);
  const bStep = word(params, Combine.bStep);
  const name = word(params, Combine.formula);
  const isSide = outputStep === 4 && (aStep === 0 || aStep === 4) && (bStep === 0 || bStep === 4) && name < POW;
  const fours: usize = isSide ? columns & ~3 : 0;
  const isOfEights = isSide && aStep === 4 && bStep === 4 && (name === MUL || name === ADD);
  const eights: usize = isOfEights ? columns & ~7 : 0;
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 12;
    let output = outputs + load<i32>(offsets);
    let a = as + load<i32>(offsets, 4);
    let b = bs + load<i32>(offsets, 8);
    if (eights !== 0) {
      if (name === MUL) multiplyEights(a, b, output, eights << 2);
      else addEights(a, b, output, eights << 2);
      output += eights << 2;
      a += eights << 2;
      b += eights << 2;
    }
    for (let column = eights; column < fours; column += 4) {
      const x = aStep === 0 ? v128.load32_splat(a) : v128.load(a);
      const y = bStep === 0 ? v128.load32_splat(b) : v128.load(b);
      v128.store(output, fourOf(name, x, y));
      output += 16;
      a += aStep << 2;
      b += bStep << 2;
    }
    for (let column = fours; column < columns; column++) {
      store<f32>(output, result(name, load<f32>(a), load<f32>(b)));
      output += outputStep;
      a += aStep;
      b += bStep;
    }
  }
}

function multiplyEights(a: usize, b: usize, output: usize, bytes: usize): void {
  const end = output + bytes - SHIFT;
  a -= SHIFT;
  b -= SHIFT;
  for (let to = output - SHIFT; to < end; to += 32) {
    const low = f32x4.mul(v128.load(a, SHIFT), v128.load(b, SHIFT));
    const high = f32x4.mul(v128.load(a, SHIFT + 16), v128.load(b, SHIFT + 16));
    v128.store(to, low, SHIFT);
    v128.store(to, high, SHIFT + 16);
    a += 32;
    b += 32;
  }
}

function addEights(a: usize, b: usize, output: usize, bytes: usize): void {
  const end = output + bytes - SHIFT;
  a -= SHIFT;
  b -= SHIFT;
  for (let to = output - SHIFT; to < end; to += 32) {
    const low = f32x4.add(v128.load(a, SHIFT), v128.load(b, SHIFT));
    const high = f32x4.add(v128.load(a, SHIFT + 16), v128.load(b, SHIFT + 16));
    v128.store(to, low, SHIFT);
    v128.store(to, high, SHIFT + 16);
    a += 32;
    b += 32;
  }
}

function fourOf(name: usize, a: v128, b: v128): v128 {
  switch (name) {
    case ADD:
      return f32x4.add(a, b);
    case SUB:
      return f32x4.sub(a, b);
    case MUL:
      return f32x4.mul(a, b);
    case DIV:
      return f32x4.div(a, b);
    case MAXIMUM:
      return f32x4.max(a, b);
    case GATE:
      return v128.bitselect(a, b, f32x4.gt(b, f32x4.splat(0)));
    default:
      return f32x4.min(a, b);
  }
}

function result(name: usize, a: f32, b: f32): f32 {
  switch (name) {
    case ADD:
      return a + b;
    case SUB:
      return a - b;
    case MUL:
      return a * b;
    case DIV:
      return a / b;
    case MAXIMUM:
      return max(a, b);
    case MINIMUM:
      return min(a, b);
    case GATE:
      return b > 0 ? a : b;
    case POW:
      return <f32>power(<f64>a, <f64>b);
    default:
      return a < 0 ? a * b : a;
  }
}
