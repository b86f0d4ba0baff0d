/** Large Linears whose weights are numbers of float16: they stay so, and give the bits that float32 gives. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { areHalf } from '../../../engine/backends/simd/kernels/halves/pack.js';
import { KernelMemory } from '../../../engine/backends/simd/memory/kernel-memory.js';
import { OwnThreadProgram, SimdProgram } from '../../../engine/backends/simd/program.js';
import { openKernels } from '../../../engine/backends/simd/trial/kernel-search.js';
import type { BoundGraph } from '../../../graph/index.js';
import { decodeFloat16, encodeFloat16, type Tensor } from '../../../weights/index.js';
import { pixels } from '../../support/pseudo-random.js';
import { checkPlan, conv, network } from '../../support/simd/small-networks.js';

test('numbers that float16 has, and their neighbours', () => {
  const finite = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((bits) => ((bits >> 10) & 0x1f) !== 0x1f);
  const values = decodeFloat16(finite);
  assert.ok(areHalf(values));
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i += 7) {
    assert.not.ok(areHalf(new Float32Array(Uint32Array.of(bits[i]! + 1).buffer)), `after ${values[i]}`);
  }
  assert.not.ok(areHalf(Float32Array.of(65536)));
});

const OUTPUTS = 1034;

/** A Linear of 1,034 outputs on 144 channels of 4×3 positions. */
function model(): BoundGraph {
  const { graph, tensors } = network([
    ['a', ':input', conv(3, 144, 1)],
    ['flat', 'a', { op: 'flatten' }],
    ['b', 'flat', { op: 'linear', attrs: { inFeatures: 1728, outFeatures: OUTPUTS, bias: true } }],
  ]);
  const rounded = [...tensors].map(([name, { shape, data }]): [string, Tensor] => {
    return [name, { shape, data: decodeFloat16(encodeFloat16(data)) }];
  });
  return { graph, tensors: new Map(rounded) };
}

test('a plan keeps them in float16, and is right', () => {
  for (const images of [1, 2]) {
    const { rows } = checkPlan(model(), [4, 3], { images });
    const row = rows.find(({ node }) => node === 'b')!;
    assert.is(row.kernel, 'halves');
    assert.is(row.weightBytes, 2 * 1728 * 1040);
  }
});

test('the bits are those of weights in float32, for any number of images', async () => {
  const { kernels } = await openKernels();
  const half = model();
  const data = Float32Array.from(half.tensors.get('b.weight')!.data);
  data[data.length - 1]! += 2 ** -20 * data[data.length - 1]!;
  const other = { graph: half.graph, tensors: new Map(half.tensors).set('b.weight', { shape: [OUTPUTS, 1728], data }) };
  const options = {
    taps: ['b'],
    scores: false,
    mean: [0.5, 0.5, 0.5],
    std: [0.2, 0.2, 0.2],
    precision: 'float32',
  } as const;
  const memories = [new KernelMemory(), new KernelMemory()] as const;
  const [ofHalf, ofOther] = [half, other].map((one, i) => {
    return new OwnThreadProgram(new SimdProgram(one, options, kernels!, memories[i]!));
  }) as [OwnThreadProgram, OwnThreadProgram];
  for (const rows of [1, 3, 4, 9]) {
    const batch = { rows, height: 4, width: 3, data: pixels('image', rows * 36) };
    const [a, b] = [(await ofHalf.run(batch)).taps.get('b')!.data, (await ofOther.run(batch)).taps.get('b')!.data];
    for (let i = 0; i < a.length; i++) if (i % OUTPUTS !== OUTPUTS - 1) assert.is(a[i], b[i], `${rows} images, ${i}`);
  }
  assert.ok(memories[1].usedBytes - memories[0].usedBytes > 3e6);
});

test.run();
