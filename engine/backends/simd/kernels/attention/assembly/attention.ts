/** Attention, one query after another, in float64. */
import { exponential, hyperbolicTangent } from '../../../printing/assembly/functions';
import { float, word } from '../../../printing/assembly/word';
import { Attention } from './words';

export function attention(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const rowsAt = word(params, Attention.rowsAt);
  const queries = <u32>word(params, Attention.queries);
  const keysAt = word(params, Attention.keysAt);
  const keys = word(params, Attention.keys);
  const features = word(params, Attention.features);
  const queryStep = word(params, Attention.queryStep);
  const keyStep = word(params, Attention.keyStep);
  const outputs = word(params, Attention.outputs);
  const valueStep = word(params, Attention.valueStep);
  const outputStep = word(params, Attention.outputStep);
  const scale = <f64>float(params, Attention.scale);
  const softcap = <f64>float(params, Attention.softcap);
  const causal = word(params, Attention.causal) !== 0;
  const biasOffset = word(params, Attention.biasOffset);
  const biasAt = word(params, Attention.biasAt);
  const biases = biasAt !== 0 ? biasAt : biasOffset !== 0 ? arena + biasOffset : 0;
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 20;
    const output = arena + word(params, Attention.outputOffset) + load<i32>(offsets);
    const query = arena + word(params, Attention.queriesOffset) + load<i32>(offsets, 4);
    const key = arena + word(params, Attention.keysOffset) + load<i32>(offsets, 8);
    const value = arena + word(params, Attention.valuesOffset) + load<i32>(offsets, 12);
    const bias = load<i32>(offsets, 16);
    const seen = causal ? min(<usize>(row % queries) + 1, keys) : keys;
    let largest: f64 = -Infinity;
    for (let s: usize = 0; s < seen; s++) {
      const places = keysAt + s * 12;
      let score = scale * dot(query, key + load<i32>(places), features, queryStep, keyStep);
      if (softcap > 0) score = softcap * hyperbolicTangent(score / softcap);
      if (biases !== 0) score += <f64>load<f32>(biases + bias + load<i32>(places, 8));
      largest = max(largest, score);
      store<f64>(scratch + (s << 3), score);
    }
    let sum: f64 = 0;
    for (let s: usize = 0; s < seen; s++) {
      const e = exponential(load<f64>(scratch + (s << 3)) - largest);
      sum += e;
      store<f64>(scratch + (s << 3), e);
    }
    for (let f: usize = 0; f < outputs; f++) {
      let total: f64 = 0;
      const column = value + f * valueStep;
      for (let s: usize = 0; s < seen; s++) {
        total += load<f64>(scratch + (s << 3)) * <f64>load<f32>(column + load<i32>(keysAt + s * 12, 4));
      }
      store<f32>(output + f * outputStep, <f32>(total / sum));
    }
  }
}

function dot(a: usize, b: usize, terms: usize, aStep: usize, bStep: usize): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < terms; i++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b);
    a += aStep;
    b += bStep;
  }
  return sum;
}
