/**
 * Groups of values that are normalised together. Those that lie side by side are computed eight at a time in float32,
 * the others one by one in float64.
 *
 * Pointers lie `SHIFT` before their vectors in `sides.ts`, see `printing/text.ts`.
 */
import { exponential } from '../../../printing/assembly/functions';
import { float, word } from '../../../printing/assembly/word';
import { standardiseSide } from './sides';
import { SoftmaxGroups, Standardise } from './words';

export function standardise(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
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
  const isOneRun = isSide && (columns & 7) === 0 && word(params, Standardise.segments) === 1;
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 12;
    const output = outputs + load<i32>(offsets);
    const input = inputs + load<i32>(offsets, 4);
    const weight = load<i32>(offsets, 8);
    if (isOneRun) {
      const at = weight + load<i32>(segments, 8);
      const gains = weightsAt === 0 ? 0 : weightsAt + at;
      const shifts = biasAt === 0 ? 0 : biasAt + at;
      standardiseSide(
        input + load<i32>(segments, 4),
        output + load<i32>(segments),
        columns << 2,
        <f32>epsilon,
        gains,
        shifts,
        scratch,
      );
      continue;
    }
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
      for (let column: usize = 0; column < columns; column++) {
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
  let sum: f64 = 0;
  for (let column: usize = 0; column < columns; column++, at += step) sum += <f64>load<f32>(at);
  return sum;
}

function squaresOf(at: usize, columns: usize, step: usize, mean: f64): f64 {
  let sum: f64 = 0;
  for (let column: usize = 0; column < columns; column++, at += step) {
    const distance = <f64>load<f32>(at) - mean;
    sum += distance * distance;
  }
  return sum;
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
