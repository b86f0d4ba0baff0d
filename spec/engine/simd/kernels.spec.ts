import { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi.js';
import { BUILDS, TILES } from '../../../engine/backends/simd/builds/modules.js';
import { relativeError } from '../../support/relative-error.js';
import { ARENA, KERNELS, type KernelCase, randomCase, winogradCase } from '../../support/simd/kernel-cases.js';
import { WebAssemblyMemory } from '../../support/simd/memory-view.js';
import { type Kernel, referenceKernels } from '../../support/simd/reference-kernels.js';
import { amount, assert, cases, test } from '../../support/test.js';

/** Calls of a kernel, each with another random shape. */
const CASES = amount(40, 12);
/** Four of these bytes are a NaN that no kernel computes. */
const UNTOUCHED = 0xff;

const memory = new WebAssemblyMemory();
const reference = referenceKernels(memory);
const builds = BUILDS.map((arithmetic) => ({ arithmetic, exports: memory.kernels(arithmetic) }));

/** The output of a kernel for these units, with one call for each pair `from, to`. */
function run(kernel: Kernel, { params, output, scratchBytes }: KernelCase, parts: readonly [number, number][]) {
  const bytes = new Uint8Array(memory.buffer, output.address, 4 * output.floats).fill(UNTOUCHED);
  const scratch = memory.allocate(scratchBytes);
  new Uint8Array(memory.buffer, scratch, scratchBytes).fill(UNTOUCHED);
  for (const [from, to] of parts) kernel(params, ARENA, from, to, scratch);
  return bytes.slice();
}

/** All units in random parts, in random order. */
function randomParts(random: Random, units: number): [number, number][] {
  const parts: [number, number][] = [];
  for (let from = 0; from < units; ) {
    const to = from + 1 + random.below(units - from);
    parts.push([from, to]);
    from = to;
  }
  return Array.from(random.sample(parts.length, parts.length), (i) => parts[i]!);
}

const isUntouched = (bytes: Uint8Array) =>
  Array.from({ length: bytes.length / 4 }, (_, i) => bytes.subarray(4 * i, 4 * i + 4).every((b) => b === UNTOUCHED));

/** Every implementation, whole and in parts, writes what the reference does, and nothing elsewhere. */
function check(call: KernelCase, random: Random): void {
  const { kernel } = call;
  const whole: [number, number][] = [[0, call.units]];
  const expected = run(reference[kernel], call, whole);
  const untouched = isUntouched(expected);
  const written = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer).filter((_, f) => !untouched[f]);

  for (const { arithmetic, exports } of builds) {
    const bits = new Set<string>();
    for (const name of [kernel, ...TILES[arithmetic].map((rows) => `${kernel}_${rows}x16`)]) {
      const implementation = exports[name];
      if (implementation === undefined) continue;
      const message = `${name}, ${arithmetic}, ${JSON.stringify(call.words)}`;
      const actual = run(implementation, call, whole);
      const error = relativeError(written(actual), written(expected));
      assert.ok(error <= call.tolerance, `${message}: ${error}`);
      assert.equal(isUntouched(actual), untouched, `${message}: writes where it should not`);
      bits.add(Buffer.from(actual).toString('hex'));
      bits.add(Buffer.from(run(implementation, call, randomParts(random, call.units))).toString('hex'));
    }
    assert.is(bits.size, 1, `${kernel}, ${arithmetic}, ${JSON.stringify(call.words)}: bits differ`);
  }
}

for (const kernel of KERNELS) {
  test(`${kernel}: ${CASES} random shapes, whole and in parts, every tile`, () => {
    const random = new Random(7);
    for (let i = 0; i < CASES; i++) check(randomCase(kernel, memory, random), random);
  });
}

test('convolution: a bias thousands of times as large as the products costs two roundings, not one a product', () => {
  const random = new Random(13);
  for (let i = 0; i < CASES; i++) {
    const call = randomCase('convolution', memory, random);
    const bias = memory.floats(call.words['biasAt']!, call.words['panels']! * LANES);
    bias.set(bias.map((value) => 4096 * value));
    check({ ...call, tolerance: 2 ** -23 }, random);
  }
});

/** Three tiles of F(4×4), and one more output. */
const SIDES = Array.from({ length: 13 }, (_, i) => i + 1);
const SIZES = SIDES.flatMap((height) => SIDES.map((width): [number, number] => [height, width]));

for (const kernel of ['winograd4', 'winograd2'] as const) {
  test.long(`${kernel}: maps of each height with each width up to ${SIDES.length}`, () => {
    const random = new Random(11);
    for (const size of cases(SIZES, 40)) check(winogradCase(kernel, size, memory, random), random);
  });
}

const TILED = /^(convolution|strassen|depthwise(Runs)?|winograd[24]|toeplitz2|pointwise|attention)$/;

test('both builds export every kernel, those whose speed depends on the tile once a tile', () => {
  for (const { arithmetic, exports } of builds) {
    const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
    const expected = KERNELS.flatMap((name) =>
      TILED.test(name) ? TILES[arithmetic].map((rows) => `${name}_${rows}x16`) : [name],
    );
    assert.equal(names.toSorted(), expected.toSorted());
  }
});
