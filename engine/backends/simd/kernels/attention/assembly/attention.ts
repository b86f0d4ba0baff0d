/** Attention, one query after another. Features that lie side by side are computed four at a time. */
import { hyperbolicTangent } from '../../../printing/assembly/functions';
import { exponentials } from '../../../printing/assembly/vectors';
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
    const shares = scratch;
    const sum = exponentiate(scratch, seen, largest);
    const sixteens: usize = valueStep === 4 && outputStep === 4 ? outputs & ~15 : 0;
    for (let f: usize = 0; f < sixteens; f += 16) {
      weigh(shares, seen, keysAt, value + (f << 2), output + (f << 2), <f32>(1 / sum));
    }
    for (let f = sixteens; f < outputs; f++) {
      let total: f64 = 0;
      const column = value + f * valueStep;
      for (let s: usize = 0; s < seen; s++) {
        total += <f64>load<f32>(shares + (s << 2)) * <f64>load<f32>(column + load<i32>(keysAt + s * 12, 4));
      }
      store<f32>(output + f * outputStep, <f32>(total / sum));
    }
  }
}

/** Makes of float64 scores their exponentials, as float32 in the first half of the same memory. @returns their sum */
function exponentiate(scores: usize, count: usize, largest: f64): f64 {
  // A last score without a pair has one that counts as nothing.
  store<f64>(scores + (count << 3), -Infinity);
  let sums = f64x2.splat(0);
  for (let s: usize = 0; s < count; s += 2) {
    const e = exponentials(f64x2.sub(v128.load(scores + (s << 3)), f64x2.splat(largest)));
    sums = f64x2.add(sums, e);
    v128.store64_lane(scores + (s << 2), f32x4.demote_f64x2_zero(e), 0);
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** Keys whose values are added up in one accumulator. */
const BLOCK: usize = 128;

/** Sixteen features of a sum of values, each times its share. */
function weigh(shares: usize, count: usize, keysAt: usize, value: usize, output: usize, scale: f32): void {
  let t0 = f32x4.splat(0);
  let t1 = f32x4.splat(0);
  let t2 = f32x4.splat(0);
  let t3 = f32x4.splat(0);
  for (let s: usize = 0; s < count; ) {
    const end = min(s + BLOCK, count);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    for (; s < end; s++) {
      const share = v128.load32_splat(shares + (s << 2));
      const at = value + load<i32>(keysAt + s * 12, 4);
      c0 = f32x4.add(c0, f32x4.mul(share, v128.load(at)));
      c1 = f32x4.add(c1, f32x4.mul(share, v128.load(at, 16)));
      c2 = f32x4.add(c2, f32x4.mul(share, v128.load(at, 32)));
      c3 = f32x4.add(c3, f32x4.mul(share, v128.load(at, 48)));
    }
    t0 = f32x4.add(t0, c0);
    t1 = f32x4.add(t1, c1);
    t2 = f32x4.add(t2, c2);
    t3 = f32x4.add(t3, c3);
  }
  const scales = f32x4.splat(scale);
  v128.store(output, f32x4.mul(t0, scales));
  v128.store(output, f32x4.mul(t1, scales), 16);
  v128.store(output, f32x4.mul(t2, scales), 32);
  v128.store(output, f32x4.mul(t3, scales), 48);
}

function dot(a: usize, b: usize, terms: usize, aStep: usize, bStep: usize): f64 {
  const eights: usize = aStep === 4 && bStep === 4 ? terms & ~7 : 0;
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  for (let i: usize = 0; i < eights; i += 8) {
    low = f32x4.add(low, f32x4.mul(v128.load(a), v128.load(b)));
    high = f32x4.add(high, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    a += 32;
    b += 32;
  }
  const four = f32x4.add(low, high);
  const pair = f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  let sum = <f64>(f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1));
  for (let i = eights; i < terms; i++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b);
    a += aStep;
    b += bStep;
  }
  return sum;
}
