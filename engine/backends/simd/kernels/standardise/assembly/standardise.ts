/** Groups of values that are normalised together. Sums are in float64. */
import { exponential } from '../../../printing/assembly/functions';
import { float, word } from '../../../printing/assembly/word';
import { SoftmaxGroups, Standardise } from './words';

export function standardise(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Standardise.outputOffset);
  const inputs = arena + word(params, Standardise.inputOffset);
  const rowsAt = word(params, Standardise.rowsAt);
  const segments = word(params, Standardise.segmentsAt);
  const segmentsEnd = segments + word(params, Standardise.segments) * 12;
  const columns = word(params, Standardise.columns);
  const outputStep = word(params, Standardise.outputStep);
  const inputStep = word(params, Standardise.inputStep);
  const weightStep = word(params, Standardise.weightStep);
  const weightsAt = word(params, Standardise.weightsAt);
  const biasAt = word(params, Standardise.biasAt);
  const epsilon = <f64>float(params, Standardise.epsilon);
  const count = <f64>word(params, Standardise.segments) * <f64>columns;
  const isWeighted = weightsAt !== 0 || biasAt !== 0;
  const isSide = outputStep === 4 && inputStep === 4 && (weightStep === 4 || !isWeighted);
  const fours: usize = isSide ? columns & ~3 : 0;
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 12;
    const output = outputs + load<i32>(offsets);
    const input = inputs + load<i32>(offsets, 4);
    const weight = load<i32>(offsets, 8);
    let sum: f64 = 0;
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      sum += sumOf(input + load<i32>(segment, 4), columns, inputStep);
    }
    const mean = sum / count;
    let squares: f64 = 0;
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      squares += squaresOf(input + load<i32>(segment, 4), columns, inputStep, mean);
    }
    const scale = 1 / sqrt(squares / count + epsilon);
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      let to = output + load<i32>(segment);
      let at = input + load<i32>(segment, 4);
      let offset = <usize>(weight + load<i32>(segment, 8));
      for (let column: usize = 0; column < fours; column += 4) {
        const four = v128.load(at);
        const low = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(four), f64x2.splat(mean)), f64x2.splat(scale));
        const upper = f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 0, 1));
        const high = f64x2.mul(f64x2.sub(upper, f64x2.splat(mean)), f64x2.splat(scale));
        let values = v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
        if (weightsAt !== 0) values = f32x4.mul(values, v128.load(weightsAt + offset));
        if (biasAt !== 0) values = f32x4.add(values, v128.load(biasAt + offset));
        v128.store(to, values);
        to += 16;
        at += 16;
        offset += 16;
      }
      for (let column = fours; column < columns; column++) {
        let value = (<f64>load<f32>(at) - mean) * scale;
        if (weightsAt !== 0) value *= <f64>load<f32>(weightsAt + offset);
        if (biasAt !== 0) value += <f64>load<f32>(biasAt + offset);
        store<f32>(to, <f32>value);
        to += outputStep;
        at += inputStep;
        offset += weightStep;
      }
    }
  }
}

function sumOf(at: usize, columns: usize, step: usize): f64 {
  const fours: usize = step === 4 ? columns & ~3 : 0;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let column: usize = 0; column < fours; column += 4, at += 16) {
    low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(at)));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(at, 8)));
  }
  let sum = ofBoth(f64x2.add(low, high));
  for (let column = fours; column < columns; column++, at += step) sum += <f64>load<f32>(at);
  return sum;
}

function squaresOf(at: usize, columns: usize, step: usize, mean: f64): f64 {
  const fours: usize = step === 4 ? columns & ~3 : 0;
  const means = f64x2.splat(mean);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let column: usize = 0; column < fours; column += 4, at += 16) {
    const x = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(at)), means);
    const y = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(at, 8)), means);
    low = f64x2.add(low, f64x2.mul(x, x));
    high = f64x2.add(high, f64x2.mul(y, y));
  }
  let sum = ofBoth(f64x2.add(low, high));
  for (let column = fours; column < columns; column++, at += step) {
    const distance = <f64>load<f32>(at) - mean;
    sum += distance * distance;
  }
  return sum;
}

function ofBoth(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

export function softmaxGroups(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, SoftmaxGroups.outputOffset);
  const inputs = arena + word(params, SoftmaxGroups.inputOffset);
  const rowsAt = word(params, SoftmaxGroups.rowsAt);
  const segments = word(params, SoftmaxGroups.segmentsAt);
  const segmentsEnd = segments + word(params, SoftmaxGroups.segments) * 12;
  const columns = word(params, SoftmaxGroups.columns);
  const outputStep = word(params, SoftmaxGroups.outputStep);
  const inputStep = word(params, SoftmaxGroups.inputStep);
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 12;
    const output = outputs + load<i32>(offsets);
    const input = inputs + load<i32>(offsets, 4);
    let largest: f32 = -Infinity;
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      let at = input + load<i32>(segment, 4);
      for (let column: usize = 0; column < columns; column++, at += inputStep) largest = max(largest, load<f32>(at));
    }
    let sum: f64 = 0;
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      let to = output + load<i32>(segment);
      let at = input + load<i32>(segment, 4);
      for (let column: usize = 0; column < columns; column++) {
        const e = exponential(<f64>load<f32>(at) - <f64>largest);
        sum += e;
        store<f32>(to, <f32>e);
        to += outputStep;
        at += inputStep;
      }
    }
    for (let segment = segments; segment < segmentsEnd; segment += 12) {
      let to = output + load<i32>(segment);
      for (let column: usize = 0; column < columns; column++, to += outputStep) {
        store<f32>(to, <f32>(<f64>load<f32>(to) / sum));
      }
    }
  }
}
