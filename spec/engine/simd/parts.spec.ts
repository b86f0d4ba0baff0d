import { compilePlan, type PlanRequest } from '../../../engine/backends/simd/compiling/compile-plan.js';
import { lower } from '../../../engine/backends/simd/compiling/lower.js';
import { chooseCut, type PartRule, USUAL_PARTS } from '../../../engine/backends/simd/compiling/values.js';
import { KernelMemory } from '../../../engine/backends/simd/kernel-memory.js';
import { PackedWeights } from '../../../engine/backends/simd/planning/packed-weights.js';
import type { Plan } from '../../../engine/backends/simd/planning/step.js';
import { OwnThreadProgram, SimdProgram } from '../../../engine/backends/simd/program.js';
import { openKernels } from '../../../engine/backends/simd/trial/kernel-search.js';
import { prepareModel } from '../../../engine/contract/prepared-model.js';
import type { BoundGraph } from '../../../graph/index.js';
import { inferShapes } from '../../../graph/shapes.js';
import { pixels } from '../../support/pseudo-random.js';
import { pseudoWeights } from '../../support/pseudo-weights.js';
import { TestMemory } from '../../support/simd/memory-view.js';
import { EAGER_RATES } from '../../support/simd/run-plan.js';
import { ALONE, checkParts, network, storedNetworks, TOGETHER } from '../../support/simd/small-networks.js';
import { assert, test } from '../../support/test.js';

const NORMALISATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const NETWORKS = new Map(storedNetworks('part-networks').map(({ name, layers }) => [name, network(layers)]));
const stored = (name: string) => NETWORKS.get(name)!;

/** The last node that is computed one image at a time, and the values in buffers of the whole batch. */
function cutOf({ graph }: BoundGraph, size: number, rule: PartRule, taps: readonly string[] = []) {
  const wanted = new Set([...taps, graph.output]);
  const lowered = lower(graph, inferShapes(graph, { height: size, width: size }), wanted);
  const cut = chooseCut(lowered, wanted, rule);
  return cut && { last: lowered.steps[cut.steps - 1]!.node, whole: [...cut.whole].sort() };
}

function plan(model: BoundGraph, size: number, request: Partial<PlanRequest>, memory = new TestMemory()): Plan {
  const usual = { images: 3, height: size, width: size, taps: [], scores: true, precision: 'float32' } as const;
  const into = { memory, weights: new PackedWeights(model, memory), rates: EAGER_RATES };
  return compilePlan(model, { ...usual, ...NORMALISATION, ...request }, into);
}

const callsOf = (made: Plan, node: string): number => made.calls.filter((call) => call.node === node).length;

/** 32×32×4 bytes and 16 channels: 64 KiB a value; a quarter from `d` on. */
const model = stored('a residual');
const RULE: PartRule = { cachedBytes: 40 << 10, filterCost: 4 };

test('images go together again where values are small and filters are large', () => {
  assert.equal(cutOf(model, 32, RULE), { last: 'd', whole: ['d'] });
  // All of it fits a cache.
  assert.is(cutOf(model, 16, RULE), null);
  assert.is(cutOf(model, 32, TOGETHER), null);
  // Small filters are worth going on for as long as there are values that are not small.
  assert.is(cutOf(model, 32, ALONE)!.last, 'e');
  assert.is(cutOf(model, 32, { ...RULE, filterCost: 1e6 }), null);
});

test('a residual lies where the sum does: in the batch, where others read the sum', () => {
  assert.equal(cutOf(model, 32, RULE, ['s']), { last: 's', whole: ['a', 's'] });
  assert.equal(cutOf(model, 32, RULE, ['b'])!.whole, ['b', 'd']);
});

test('no cut leaves an addition or a concatenation between images', () => {
  const joined = stored('a concatenation');
  assert.equal(cutOf(joined, 32, ALONE), { last: 'p', whole: ['p'] });
  // A wanted operand, or the whole of it: images go together before.
  for (const tap of ['b', 'c']) assert.equal(cutOf(joined, 32, ALONE, [tap]), { last: 'r', whole: ['r'] });
});

test('where the cut is does not depend on the number of images; one image, and threads that share calls, have none', () => {
  const alone = (images: number): string[] => {
    const made = plan(model, 32, { images, parts: RULE });
    const together = plan(model, 32, { images, parts: TOGETHER });
    const grown = made.rows.filter((row, i) => row.calls === images * together.rows[i]!.calls);
    return grown.map(({ node }) => node);
  };
  for (const images of [2, 3, 8]) assert.equal(alone(images), [':input', 'a', 'b', 's', 'd'], `${images} images`);
  for (const more of [{ images: 1 }, { images: 8, threads: 2 }]) {
    const made = plan(model, 32, { ...more, parts: RULE });
    const together = plan(model, 32, { ...more, parts: TOGETHER });
    assert.equal(made.rows, together.rows);
    assert.is(made.calls.length, together.calls.length);
  }
});

test('a row is all calls of a layer; what it multiplies and writes is the same', () => {
  const made = plan(model, 32, { images: 5, parts: RULE });
  const together = plan(model, 32, { images: 5, parts: TOGETHER });
  for (const { node, calls } of made.rows) assert.is(calls, callsOf(made, node), node);
  assert.is(made.rows.find(({ node }) => node === 'b')!.calls, 5 * callsOf(together, 'b'));
  const withoutCalls = ({ rows }: Plan) => rows.map(({ calls: _, ...row }) => row);
  assert.equal(withoutCalls(made), withoutCalls(together));
});

test('images that are residuals and taps are laid out alone and together', () => {
  const image = stored('the image as a residual');
  for (const taps of [[], [':input'], ['s'], ['p'], [':input', 'n', 's', 'p', 'q']]) {
    checkParts(image, [9, 8], { taps });
  }
});

test('tables do not grow with the number of images', () => {
  const bytes = [2, 4].map((images) => {
    const memory = new TestMemory();
    const made = plan(model, 32, { images, parts: { cachedBytes: 0, filterCost: 0 } }, memory);
    const held = memory.liveBytes;
    made.dispose();
    // Parameters of a call take a line or two. Without the plan, weights are left.
    return held - memory.liveBytes - 128 * made.calls.length;
  });
  assert.ok(bytes[1]! < 1.1 * bytes[0]!, bytes.join(' to '));
});

const { kernels } = await openKernels();

for (const [backbone, tap] of [
  ['mobilenet_v2', ['features.0', 'features.3', 'features.4', 'features.18']],
  ['resnet18', ['layer1', 'layer4']],
] as const) {
  const weights = pseudoWeights({ backbone, head: [], classes: 4 });
  const { model: network, tapNodes } = prepareModel(weights, { tap: [...tap], scores: true });

  test(`${backbone} at 224×224 takes less than half the memory`, () => {
    const [alone, together] = [USUAL_PARTS, TOGETHER].map((parts) => plan(network, 224, { images: 8, parts }));
    assert.ok(alone!.arenaBytes < 0.5 * together!.arenaBytes, `${alone!.arenaBytes} and ${together!.arenaBytes}`);
  });

  test(`${backbone}: an image has the same bits alone and in a batch, with taps before and after the cut`, async () => {
    const [height, width] = [160, 131];
    assert.ok(plan(network, 131, { images: 2 }).calls.length > plan(network, 131, { images: 1 }).calls.length);
    const taps = [...tapNodes.values()];
    const compile = { taps, scores: true, precision: 'float32', ...NORMALISATION } as const;
    const program = new OwnThreadProgram(new SimdProgram(network, compile, kernels!, new KernelMemory()));
    const data = pixels(backbone, 3 * height * width * 3);
    const batch = await program.run({ rows: 3, height, width, data });
    for (let image = 0; image < 3; image++) {
      const size = height * width * 3;
      const own = data.subarray(image * size, (image + 1) * size);
      const alone = await program.run({ rows: 1, height, width, data: own });
      for (const name of taps) {
        const { data: expected } = alone.taps.get(name)!;
        const from = image * expected.length;
        assert.equal(batch.taps.get(name)!.data.slice(from, from + expected.length), expected, `${image}, ${name}`);
      }
      assert.equal(batch.scores!.slice(4 * image, 4 * image + 4), alone.scores!);
    }
    await program.dispose();
  });
}

test('gates, norms and permutations give the same bits an image at a time', () => {
  const gated = stored('gates');
  for (const taps of [[], ['s'], ['m'], ['l'], ['k'], ['a', 'n', 'g']]) {
    const made = checkParts(gated, [9, 12], { taps });
    // A function goes through a whole buffer, so it cannot write a wanted value between those of other images.
    assert.is(callsOf(made, 'm'), taps.includes('s') || taps.includes('g') ? 1 : 3, `${taps}`);
  }
});
