import { findOptionalPackage } from '#platform';
import { loadOnnxRuntime, type Ort } from '../../engine/backends/onnxruntime/runtime.js';
import { ONNXRUNTIME } from '../../engine/backends/packages.js';
import { nodeParameters } from '../../graph/meaning.js';
import { Constants } from '../../graph/onnx/constants.js';
import { onnxNodes } from '../../graph/onnx/operators.js';
import { modelProto } from '../../graph/onnx/proto.js';
import { type OpCase, opCases, opInput, opNode, opWeight } from '../support/op-cases.js';
import { sampledError } from '../support/relative-error.js';
import { assert, refusal, test } from '../support/test.js';

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

function model(opCase: OpCase): Uint8Array {
  const node = opNode(opCase);
  const constants = new Constants();
  const shapeOf = (name: string) => opCase.inputs[Number(name.replace('input', ''))]!.slice(1);
  const nodes = onnxNodes(node, constants, {
    rankOf: (name) => shapeOf(name).length + 1,
    shapeOf,
    isForAllImages: () => false,
  });
  const weights = [...nodeParameters(node).keys()].map(
    (part) => [`${node.name}.${part}`, opWeight(opCase, part)] as const,
  );
  const rank = (shape: readonly number[], name: string) => shape.map((_, axis) => `${name} ${axis}`);
  return Buffer.concat(
    modelProto({
      nodes,
      tensors: new Map([...weights, ...constants.tensors]),
      inputs: opCase.inputs.map((shape, i) => ({
        name: `input${i}`,
        type: 'float',
        // Channels are what a network fixes; all else is dynamic.
        shape: rank(shape, `input${i}`).map((name, axis) => (axis === 1 ? shape[1]! : name)),
        description: '',
      })),
      outputs: [{ name: node.name, type: 'float', shape: rank(opCase.shape, 'output'), description: '' }],
      metadata: new Map(),
    }).pieces,
  );
}

async function run(ort: Ort, opCase: OpCase): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const session = await ort.InferenceSession.create(model(opCase), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const feeds = opCase.inputs.map((_, i) => {
    const { shape, data } = opInput(opCase, i);
    return [`input${i}`, new ort.Tensor('float32', data, shape)] as const;
  });
  const { dims, data } = (await session.run(Object.fromEntries(feeds)))[opCase.name]!;
  await session.release();
  return { shape: dims, data: data as Float32Array };
}

/** Cases that runtimes disagree about. */
function isRefused({ operation }: OpCase): boolean {
  if (operation.op !== 'avgPool2d') return false;
  const { ceilMode, countIncludePad, padding } = operation.attrs;
  return ceilMode && countIncludePad && padding.some((pixels) => pixels > 0);
}

const found = findOptionalPackage(ONNXRUNTIME);
if (found === null) console.log('SKIPPED (onnxruntime-node is not installed): operations as ONNX');
else {
  const { ort } = loadOnnxRuntime(found);
  // A parameter is a tensor of the model, not an operator.
  for (const opCase of opCases().filter(({ operation }) => operation.op !== 'parameter')) {
    test(opCase.name, async () => {
      if (isRefused(opCase)) return void (await refusal('UNKNOWN_OPERATION', () => model(opCase)));
      const { shape, data } = await run(ort, opCase);
      assert.equal(shape, opCase.shape);
      const error = sampledError(opCase, shape, data);
      assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
    });
  }
}
