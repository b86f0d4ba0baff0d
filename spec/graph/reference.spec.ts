import { outputShape, referenceOutput } from '../../graph/meaning.js';
import * as registry from '../../graph/operations/registry.js';
import { runReference } from '../../graph/reference.js';
import { networkInput } from '../support/network-goldens.js';
import { opCases, opInput, opNode, opWeight } from '../support/op-cases.js';
import { pixels } from '../support/pseudo-random.js';
import { bindRandomGraph, type RandomGraph, randomGraph } from '../support/random-graph.js';
import { graphError, sampledGraphs, type TapValues } from '../support/random-graph-goldens.js';
import { relativeError, sampledError } from '../support/relative-error.js';
import { assert, suite } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';

/** The fixtures' values have nine significant digits. */
const DIGITS = 5e-9;
/** Seeds beyond those of the fixtures. */
const SEEDS = Array.from({ length: 40 }, (_, i) => 90_000 + i);

const operations = suite('reference of one operation, in batches');

for (const opCase of opCases()) {
  operations(opCase.name, () => {
    const inputs = opCase.inputs.map((shape, i) => ({ shape, data: Float64Array.from(opInput(opCase, i).data) }));
    const { shape, data } = referenceOutput(opNode(opCase), inputs, (part) => opWeight(opCase, part).data);
    assert.ok(sampledError(opCase, shape, data) < DIGITS, `differs by ${sampledError(opCase, shape, data)}`);
    const ofOneImage = opCase.inputs.map((shape) => shape.slice(1));
    assert.equal(outputShape(opNode(opCase), ofOneImage), opCase.shape.slice(1));
  });
}

/** What only an ONNX file computes. */
const WITHOUT_REFERENCE = ['onnxFile'];

operations('every operation is among the cases', () => {
  const tested = new Set(opCases().map(({ operation }) => operation.op));
  assert.equal(
    Object.values(registry)
      .map(({ op }) => op)
      .filter((op) => !tested.has(op)),
    WITHOUT_REFERENCE,
  );
});

const graphs = suite('reference of random graphs');

function referenceOf(graph: RandomGraph) {
  const { name, rows, height, width, mean, std } = graph;
  const data = pixels(`${name}/pixels`, rows * height * width * 3);
  return runReference(bindRandomGraph(graph), networkInput({ rows, height, width, data }, mean, std));
}

for (const { graph, error } of [...sampledGraphs(), ...sampledGraphs('token')]) {
  graphs(`${graph.name}: PyTorch's shapes and values`, () => {
    const outputs = referenceOf(graph);
    for (const [i, tap] of graph.taps.entries()) {
      const { shape, data } = outputs.get(tap)!;
      const found = error(i, { shape, data });
      assert.ok(found < DIGITS, `${tap}: differs by ${found}`);
    }
  });
}

graphs.long('TensorFlow.js gives what the reference gives', async () => {
  const errors = [];
  for (const seed of SEEDS) {
    const graph = randomGraph(seed);
    const outputs = referenceOf(graph);
    const golden = {
      graph,
      error(index: number, { shape, data }: TapValues): number {
        const expected = outputs.get(graph.taps[index]!)!;
        return shape.join() === expected.shape.join() ? relativeError(data, expected.data) : Number.POSITIVE_INFINITY;
      },
    };
    errors.push(await graphError(golden, tfjsOnCpu, 'float32', true));
  }
  console.log(`at most ${Math.max(...errors).toExponential(1)} of the largest value`);
  assert.ok(Math.max(...errors) < 1e-5);
});
