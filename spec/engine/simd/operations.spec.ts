/** Every operation of the layer graph on our own kernels, compared with PyTorch in float64, and graphs of them. */
import { loadBackend } from '../../../engine/index.js';
import { bind, type GraphNode, nodeParameters, parameterName } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { type OpCase, opCases, opInput, opNode, opWeight } from '../../support/op-cases.js';
import { randomGraphSpecs, sampledGraphs, TOKEN_TOLERANCE } from '../../support/random-graph-goldens.js';
import { sampledError } from '../../support/relative-error.js';
import { assert, test } from '../../support/test.js';

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

/** An operation whose inputs are tensors of the network, or values computed from them, so that they lie in the arena. */
function modelOf(opCase: OpCase, image: number, isComputed: boolean) {
  const node = opNode(opCase);
  const tensors = new Map<string, Tensor>();
  const inputs = opCase.inputs.flatMap(([images, ...shape], i): GraphNode[] => {
    const name = `tensor${i}`;
    const { data } = opInput(opCase, i);
    const size = data.length / images!;
    const sign = isComputed ? -1 : 1;
    const values = data.slice(image * size, (image + 1) * size).map((value) => sign * value);
    tensors.set(name, { shape, data: values });
    const passed = isComputed
      ? ({ op: 'pointwise', attrs: { function: 'neg' } } as const)
      : ({ op: 'identity' } as const);
    return [
      { name, inputs: [], op: 'parameter', attrs: { shape } },
      { name: `input${i}`, inputs: [name], ...passed },
    ];
  });
  for (const part of nodeParameters(node).keys()) tensors.set(parameterName(node.name, part), opWeight(opCase, part));
  const nodes: GraphNode[] = [{ name: ':input', inputs: [], op: 'input' }, ...inputs, node];
  return bind({ nodes, output: node.name, modules: new Map() }, tensors);
}

for (const opCase of opCases()) {
  for (const isComputed of [false, true]) {
    test(`${opCase.name}, of ${isComputed ? 'computed values' : 'tensors'}`, async () => {
      const backend = await loadBackend('simd');
      const [images = 1] = opCase.inputs[0] ?? [];
      const compile = { scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' } as const;
      const data: number[] = [];
      let shape: readonly number[] = [];
      for (let image = 0; image < images; image++) {
        const program = await backend.compile(modelOf(opCase, image, isComputed), { ...compile, taps: [opCase.name] });
        const { taps } = await program.run({ rows: 1, height: 2, width: 2, data: new Uint8Array(12) });
        await program.dispose();
        shape = [images, ...taps.get(opCase.name)!.shape.slice(1)];
        data.push(...taps.get(opCase.name)!.data);
      }
      assert.equal(shape, opCase.shape);
      const error = sampledError(opCase, shape, Float32Array.from(data));
      assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
    });
  }
}

randomGraphSpecs(await loadBackend('simd'), sampledGraphs('token'), TOKEN_TOLERANCE);
